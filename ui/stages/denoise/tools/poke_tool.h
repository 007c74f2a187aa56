// Painting on x_t in the middle of a chain, and going on from there beside the untouched twin.
#pragma once

#include "stages/denoise/tools/poke_edit.h"
#include "stages/denoise/tools/tool.h"

#include <QImage>

#include <array>
#include <optional>

namespace ddpm::ui {

class Note;
class PaintCanvas;
class PaneCaption;
class PokePalette;
class PokeResult;

class PokeTool : public Tool {
    Q_OBJECT
public:
    PokeTool(EngineBridge& bridge, QWidget* parent);

    int last() const override;
    int available() const override;
    void showPosition(int position) override;
    QString readout(int position) const override;
    /// The state at that place; what was painted on it stays if it is the same one as before.
    void open(const ChainPlace& place) override;
    std::uint64_t exportBranch() const override;
    bool openPicture(const QString& file) override; ///< to be placed on the canvas

    void goOn();           ///< one branch: chain 0 untouched, chain 1 changed, both with the same noise
    void paintOnChanged(); ///< the changed chain's state on screen becomes the canvas
    void reset();          ///< everything as it was
    void pasteFromClipboard();

    // What the commands of the undo stack go back and forth with. A session is that of one opened state.
    std::uint64_t session() const { return session_; }
    void apply(const PokeEdit::Patch& patch, bool forwards);
    void restore(const PokeEdit::Snapshot& snapshot);

    const PokeEdit& edit() const { return edit_; }
    PaintCanvas* canvas() const { return canvases_[0]; }
    PaintCanvas* contentCanvas() const { return canvases_[1]; }
    PokePalette* palette() const { return palette_; }
    PokeResult* result() const { return result_; }
    QPushButton* goOnButton() const { return goOn_; }
    QPushButton* resetButton() const { return reset_; }
    QPushButton* earlierButton() const { return earlier_; }
    QLabel* messageLabel() const;

protected:
    void changeEvent(QEvent* event) override;

private:
    void build();
    void connectAll();
    void connectCanvas(PaintCanvas* canvas, PaintCanvas* other);
    void connectEngine();
    void restyle();
    void begin(); ///< with the state at place_
    void say(const QString& words, bool problem = false);
    void sayWhereItIs();
    void describePixel(QPoint pixel, bool inside);
    QString pixelWords(std::size_t canvas, QPoint pixel) const;
    void pick(QPoint pixel);
    void showCanvases();
    void showEdit(); ///< after every change
    void showResult();
    void push(QUndoCommand* command);
    void push(const QString& name, PokeEdit::Patch patch);

    // A picture about to be placed
    void chooseFile();
    void takePicture(const PictureFitted& fitted);
    void beginPlacing(const QImage& picture);
    void moveFrame(QRect frame);
    PokeEdit::Patch blend(PokeEdit& edit) const;
    void endPlacing(bool accepted);

    ChainPlace asked_, place_; // place_ moves where asked_ has nothing to paint on
    std::uint64_t session_ = 0, branch_ = 0, fit_ = 0;
    PokeEdit edit_;
    std::vector<float> sent_; // what the branch began with
    QImage placing_;
    std::optional<QRect> frame_;
    Note* message_;
    QPushButton* earlier_;
    QWidget* column_;
    PokePalette* palette_;
    QPushButton* goOn_;
    QPushButton* reset_;
    std::array<PaneCaption*, 2> captions_{};
    std::array<QWidget*, 2> halves_{};
    std::array<PaintCanvas*, 2> canvases_{}; // x_t, content
    PokeResult* result_;
};

/// Over the whole picture of `shape` (one item): what `picture`, scaled into `frame`, has there in [-1, 1],
/// and how much of it covers: its own opacity times `opacity`, 0 beside the frame.
struct PlacedPicture {
    std::vector<float> values; ///< [height][width][channels]
    std::vector<float> cover;  ///< [height][width]
};
PlacedPicture placedPicture(const QImage& picture, const QRect& frame, const ItemShape& shape,
                            double opacity);

} // namespace ddpm::ui
