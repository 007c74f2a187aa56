// The bar at the top: train, pause, one step, stop; what is trained; how it goes; export and the menu.
#pragma once

#include "ddpm/event.h"

#include <QWidget>

class QHBoxLayout;
class QLabel;
class QMenu;
class QPushButton;
class QToolButton;

namespace ddpm::ui {

class TopBar : public QWidget {
    Q_OBJECT
public:
    explicit TopBar(QWidget* parent = nullptr);

    void setState(TrainingState state, bool canStart);
    /// Something was asked for and is not done yet: says so until the next setState().
    void setWaiting(const QString& words);
    void setSummary(const QString& summary);
    void setStep(std::int64_t step);
    void setSpeed(double perSecond, bool points = false); ///< negative: nothing to say
    void setLoss(double loss);                            ///< NaN: nothing to say
    void setExportEnabled(bool enabled);
    void setMenu(QMenu* menu);
    QPushButton* exportButton() const { return export_; }
    QPushButton* trainButton() const { return train_; }

Q_SIGNALS:
    void trainRequested(); ///< start, resume, extend or try again, as the button says
    void pauseRequested();
    void stepRequested();
    void stopRequested();
    void exportRequested();

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QToolButton* addTool(const QString& name, const QString& iconName, const QString& toolTip);
    QLabel* addReadOut(const QString& widest);
    void restyle();
    void elideSummary();

    QHBoxLayout* layout_;
    QLabel* brand_;
    QPushButton* train_;
    QToolButton* pause_;
    QToolButton* step_;
    QToolButton* stop_;
    QLabel* summary_;
    QLabel* stepValue_;
    QLabel* speedValue_;
    QLabel* lossValue_;
    QPushButton* export_;
    QToolButton* menu_;
    QString summaryText_;
    TrainingState state_ = TrainingState::none;
};

} // namespace ddpm::ui
