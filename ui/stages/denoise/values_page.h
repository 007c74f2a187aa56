// How the values of a state are spread, against N(0, 1), and how much of them is signal at this t.
#pragma once

#include "ddpm/chain_record.h"

#include <QWidget>

#include <memory>

class QPushButton;

namespace ddpm::ui {

class CurveView;
class HistogramView;
struct ShownState;

class ValuesPage : public QWidget {
    Q_OBJECT
public:
    explicit ValuesPage(QWidget* parent = nullptr);

    void setRecord(std::shared_ptr<const ChainRecord> record); ///< nullptr: nothing
    void show(const ShownState& shown, int chain);

    HistogramView* histogram() const { return histogram_; }
    CurveView* snr() const { return snr_; }
    QPushButton* allButton() const { return all_; } ///< all chains instead of the selected one

Q_SIGNALS:
    void positionRequested(int position); ///< of the recorded state nearest to a t that was clicked

protected:
    void showEvent(QShowEvent* event) override;

private:
    void draw();
    void request(int x);

    std::shared_ptr<const ChainRecord> record_;
    std::shared_ptr<const ChainState> state_;
    int chain_ = 0;
    HistogramView* histogram_;
    CurveView* snr_;
    QPushButton* all_;
};

} // namespace ddpm::ui
