// One pixel of one chain, or one particle: its values at this t, and their curves over all of the chain.
#pragma once

#include "ddpm/chain_record.h"
#include "views/picture_grid.h"

#include <QComboBox>
#include <QWidget>

#include <array>
#include <memory>
#include <optional>
#include <vector>

class QGridLayout;
class QLabel;
class QPushButton;
class QStackedWidget;

namespace ddpm::ui {

class CurveView;
class ReadOut;
struct ShownState;

class PixelPage : public QWidget {
    Q_OBJECT
public:
    explicit PixelPage(QWidget* parent = nullptr);

    void setRecord(std::shared_ptr<const ChainRecord> record); ///< nullptr: nothing
    /// The state at `position` is on screen, in that chain's pixel (of points: that particle); with phases,
    /// what they made is read out, too. Without a pixel the page says how to point at one.
    void show(const ShownState& shown, int position, int chain, std::optional<PixelPlace> pixel, bool pinned);
    void grow(); ///< states were added to the record

    CurveView* curves() const { return curves_; }
    /// Whose curves are drawn, and the way out: for the owner to place, and to show where there is need.
    QComboBox* channelBox() const { return channel_; }
    QPushButton* unpinButton() const { return unpin_; }
    bool hasChannels() const { return subject_ && channel_->count() > 1; }
    bool canUnpin() const { return subject_ && pinned_; }
    QString title() const;
    /// The value that is read out in a row (0: x_t, 1: x̂_0, 2: ε_θ, 3: what the phase made) for a channel.
    QString value(int row, int channel) const;

Q_SIGNALS:
    void positionRequested(int position); ///< the curves were clicked
    void unpinRequested();

protected:
    void showEvent(QShowEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Subject { // whose curves are drawn
        int item = 0;
        std::size_t first = 0; // offset of its first value in a state
        bool operator==(const Subject&) const = default;
    };
    void showValues(const ShownState& shown);
    void showChannels(const ItemShape& shape);
    void drawCurves();
    void restyle();
    void fitSide();

    static constexpr int rows = 4, channels = 3;
    std::shared_ptr<const ChainRecord> record_;
    std::optional<Subject> subject_;
    ItemShape shape_;
    int drawn_ = -1; // states whose values are in the curves; −1: none of this subject
    int position_ = 0;
    bool pinned_ = false;
    QStackedWidget* pages_;
    QLabel* hint_;
    QLabel* title_;
    QLabel* place_;
    QComboBox* channel_;
    QPushButton* unpin_;
    QGridLayout* table_;
    std::array<QLabel*, channels> heads_{};
    std::array<QLabel*, rows> names_{};
    std::array<std::array<ReadOut*, channels>, rows> values_{};
    CurveView* curves_;
};

} // namespace ddpm::ui
