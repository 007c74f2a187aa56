// The card under the panes: Algorithm 2 at this t, one pixel over the whole chain, or how the values are
// spread.
#pragma once

#include "stages/denoise/step_phases.h"
#include "views/card.h"

#include <array>
#include <memory>

class QStackedWidget;
class QToolButton;

namespace ddpm::ui {

class AlgorithmCard;
class ChainPanes;
class PixelPage;
class ValuesPage;

class StateCard : public Card {
    Q_OBJECT
public:
    enum Page { algorithmPage, pixelPage, valuesPage };

    /// What is selected and pointed at comes from the panes, which must outlive the card.
    explicit StateCard(ChainPanes* panes, QWidget* parent = nullptr);

    void setRecord(std::shared_ptr<const ChainRecord> record); ///< nullptr: none
    /// What the panes show now, and where it is in the record.
    void showState(int position);
    void showNothing();
    void grow(); ///< states were added to the record

    void setPage(Page page);
    Page page() const;
    QToolButton* tab(Page page) const { return tabs_[static_cast<std::size_t>(page)]; }
    AlgorithmCard* algorithm() const { return algorithm_; }
    PixelPage* pixel() const { return pixel_; }
    ValuesPage* values() const { return values_; }

Q_SIGNALS:
    void positionRequested(int position);

private:
    void setAlgorithm();
    void showAlgorithm(int position);
    void showPixel();

    ChainPanes* panes_;
    std::shared_ptr<const ChainRecord> record_;
    SamplingSettings settings_; // as the algorithm was told
    int position_ = 0;
    std::array<QToolButton*, 3> tabs_{};
    QStackedWidget* pages_;
    AlgorithmCard* algorithm_;
    PixelPage* pixel_;
    ValuesPage* values_;
    QWidget* corner_; // what belongs to the page, at the right end
};

} // namespace ddpm::ui
