// Interpolation: two pictures are noised to t, mixed by λ and denoised, for a board of λ and depths t.
#pragma once

#include "stages/denoise/tools/interpolate_board.h"
#include "stages/denoise/tools/interpolate_end.h"
#include "stages/denoise/tools/tool.h"

#include <QTimer>

#include <array>
#include <optional>
#include <vector>

class QBoxLayout;
class QComboBox;
class QLineEdit;
class QScrollArea;
class QSpinBox;
class QToolButton;

namespace ddpm::ui {

/// Depths as they are typed ("125, 250"), the deepest first, each once; empty if one of them is not in 1…T or
/// there are more than eight.
std::vector<int> parseDepths(const QString& text, int timesteps);

class InterpolateTool : public Tool {
    Q_OBJECT
public:
    static constexpr int usualSteps = 50;        ///< of DDIM
    static constexpr int restMilliseconds = 200; ///< a marker that lies still for this long is computed

    InterpolateTool(EngineBridge& bridge, QWidget* parent = nullptr);

    // The axis is the t's of the deepest row: every row shows what it has at that t.
    int last() const override;
    int available() const override;
    void showPosition(int position) override;
    QString readout(int position) const override;
    void open(const ChainPlace& place) override;
    std::uint64_t exportBranch() const override; ///< the row of the marker
    int exportState() const override;
    bool openPicture(const QString& file) override;

    using End = std::shared_ptr<const EndPicture>;
    const End& end(int which) const { return ends_[static_cast<std::size_t>(which)]; }
    void setEnd(int which, const End& picture); ///< as an undone or repeated choice does

    InterpolateBoard* board() const { return board_; }
    InterpolateEnd* endCard(int which) const { return cards_[static_cast<std::size_t>(which)]; }
    PictureGrid* strip() const { return strip_; }
    PictureGrid* preview() const { return preview_; }
    PictureGrid* mixture() const { return mixture_; }
    QLabel* previewTitle() const { return previewTitle_; }
    QLabel* previewWords() const { return previewWords_; }
    QSpinBox* columnsBox() const { return columns_; }
    QLineEdit* depthsEdit() const { return depths_; }
    QComboBox* samplerBox() const { return sampler_; }
    QPushButton* separateButton() const { return separate_; }
    QSpinBox* seedBox() const { return seed_; }
    QToolButton* newSeedButton() const { return newSeed_; }
    QPushButton* againButton() const { return again_; }

protected:
    void resizeEvent(QResizeEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override; ///< on A or B, or elsewhere: to the one with the frame
    void changeEvent(QEvent* event) override;

private:
    /// All that a row depends on but its depth.
    struct Question {
        SamplingSettings settings;
        End first, second;
        std::vector<double> lambdas;
        bool separate = false, ofChain = false;
        bool operator==(const Question&) const = default;
    };
    struct Row {
        int t = 0;
        std::uint64_t branch = 0;
        QString refusal;
        std::shared_ptr<const ChainState> shown;
        InterpolateBoard::Look look = InterpolateBoard::Look::waiting;
    };
    struct Exact { ///< where the marker is, between the cells
        std::uint64_t branch = 0;
        double lambda = 0;
        int t = 0;
        QString refusal;
    };
    struct Shown {
        std::shared_ptr<const ChainState> state;
        InterpolateBoard::Look look = InterpolateBoard::Look::waiting;
    };

    void build();
    void buildControls();
    QWidget* buildPreview();
    void openEnds();
    void chooseEnd(int which, const End& picture); ///< the user did
    void chooseChain(int which, int chain);
    void askPicture(int which, const QString& file); ///< empty: a random one
    void takePicture(const PictureFitted& fitted);
    void takeFailure(const Failed& failed);
    void takeRefusal(std::uint64_t branch, const QString& why);
    void chooseFile(int which);
    void setActive(int which);
    void showSamples();
    void applyDepths();
    ItemShape itemShape() const;
    std::shared_ptr<const ChainState> samples() const; ///< of the current chain, where it is finished
    std::vector<double> lambdas() const;
    Question question() const;

    void computeSoon();
    void compute();
    std::uint64_t startBranch(int t, std::vector<double> lambdas);
    void takeMarker();
    void computeExact();
    bool exactHere() const; ///< the exact branch is for where the marker is
    void refresh();
    void showRow(std::size_t row, int position);
    void showPreview();
    Shown shownOf(const ChainRecord& record, int position) const;
    std::shared_ptr<const ChainRecord> leading() const; ///< of the deepest row that has one
    const Row* markerRow() const;
    QString status(const Shown& shown, int begun) const;
    bool interrupted(const Row& row) const; ///< stopped or refused
    void retry();
    void fit();
    void restyleAll();

    ChainPlace place_;
    bool opened_ = false, ofChain_ = false;
    std::array<End, 2> ends_;
    std::array<std::uint64_t, 2> asked_{}; ///< pictures on their way
    int active_ = 0;
    std::optional<Question> question_; ///< of the rows
    std::vector<Row> rows_;
    Exact exact_;
    QTimer startTimer_, restTimer_;

    std::array<InterpolateEnd*, 2> cards_{};
    QScrollArea* scroll_;
    QWidget* stripArea_;
    PictureGrid* strip_;
    QBoxLayout* controls_ = nullptr;
    QSpinBox* columns_;
    QLineEdit* depths_;
    QComboBox* sampler_;
    QPushButton* separate_;
    QSpinBox* seed_;
    QToolButton* newSeed_;
    QPushButton* again_;
    InterpolateBoard* board_;
    QWidget* side_ = nullptr;
    PictureGrid* preview_;
    PictureGrid* mixture_;
    std::array<PictureGrid*, 2> small_{};
    QLabel* previewTitle_;
    QLabel* previewWords_;
};

} // namespace ddpm::ui
