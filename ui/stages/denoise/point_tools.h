// What can be seen of a chain of points beside the points: their paths, the net's score as arrows, the
// density of model and data, and how far the two are apart. A row of switches near the panes.
#pragma once

#include "ddpm/event.h"
#include "views/point_distance.h"

#include <QElapsedTimer>
#include <QWidget>

#include <cstdint>
#include <memory>

class QLabel;
class QPushButton;

namespace ddpm::ui {

class ChainPanes;
class EngineBridge;

class PointTools : public QWidget {
    Q_OBJECT
public:
    PointTools(EngineBridge& bridge, ChainPanes* panes, QWidget* parent = nullptr);

    /// Another chain (or none) is on screen; `trainedOn` is what its model was trained on, if that is known.
    void openChain(std::shared_ptr<const ChainRecord> record, const DataSettings& trainedOn);
    void showState(int index); ///< hides itself where the chain is one of pictures

    QPushButton* pathsButton() const { return paths_; }
    QPushButton* arrowsButton() const { return arrows_; }
    QPushButton* densityButton() const { return density_; }
    QPushButton* zoomButton() const { return zoom_; }
    QPushButton* largeButton() const { return large_; }
    QLabel* distanceLabel() const { return distance_; }
    int t() const { return t_; } ///< of the state on screen; −1: none
    /// Two large panes are wanted, and nothing below them but the strip; never of pictures.
    bool isLarge() const;

Q_SIGNALS:
    void largeChanged(bool large);

protected:
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    QPushButton* toggle(const QString& name, const QString& text, const QString& tip, bool on);
    void askField();
    void takeField(const FieldReady& field);
    void takeData(const DataOpened& opened);
    void showDensity();
    void showDistance();
    void showSize();
    void restyle();

    EngineBridge& bridge_;
    ChainPanes* panes_;
    std::shared_ptr<const ChainRecord> record_;
    std::shared_ptr<const ChainState> state_;
    int t_ = -1;
    bool shownLarge_ = false;
    std::uint64_t fieldAsked_ = 0, dataAsked_ = 0; // ids of questions under way; 0: none
    QElapsedTimer sinceAsked_;
    DataSettings dataSettings_; // of `data_`, or of what was asked for
    PointCloud data_;
    CloudDistance apart_; // from the data
    QPushButton* paths_;
    QPushButton* arrows_;
    QPushButton* density_;
    QPushButton* zoom_;
    QPushButton* large_;
    QLabel* distanceWords_;
    QLabel* distance_;
};

} // namespace ddpm::ui
