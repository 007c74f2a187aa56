// What became of a change: the untouched chain, the changed one and their difference, at one state and over
// all of them.
#pragma once

#include "ddpm/chain_record.h"

#include <QWidget>

#include <memory>
#include <vector>

class QGridLayout;
class QPushButton;

namespace ddpm::ui {

class CurveView;
class PaneCaption;
class PartChoice;
class PictureGrid;

class PokeResult : public QWidget {
    Q_OBJECT
public:
    explicit PokeResult(QWidget* parent = nullptr);

    /// Chain 0 is the untouched one, chain 1 the changed one. nullptr: none; `words` are said instead.
    void setRecord(std::shared_ptr<const ChainRecord> record, const QString& words);
    void setPlaceholder(QSize picture);
    void takeGrowth(); ///< measures what is new
    void showPosition(int position);

    int position() const { return position_; }
    /// Root of the mean squared difference a value at that state; NaN where there is no such state yet.
    double distance(ChainPart part, int position) const;

    PictureGrid* untouched() const { return panes_[0].grid; }
    PictureGrid* changedGrid() const { return panes_[1].grid; }
    PictureGrid* difference() const { return panes_[2].grid; }
    CurveView* curves() const { return curves_; }
    PartChoice* partChoice() const { return part_; }
    QPushButton* paintButton() const { return paint_; }

Q_SIGNALS:
    void positionRequested(int position);
    void paintRequested(); ///< on the changed chain, at the state on screen

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Pane {
        PaneCaption* caption = nullptr;
        PictureGrid* grid = nullptr;
    };
    void show();
    void showCurves();
    void restyle();

    std::shared_ptr<const ChainRecord> record_;
    QString words_;
    int position_ = 0;
    bool narrow_ = false;
    std::vector<double> x_t_, x0_hat_; // distances at each state seen so far
    QGridLayout* layout_;
    Pane panes_[3];
    CurveView* curves_;
    PartChoice* part_;
    QPushButton* paint_;
};

} // namespace ddpm::ui
