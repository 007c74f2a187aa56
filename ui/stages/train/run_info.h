// What is known of the open run: where it is, how far, how fast, how long still; and how to go on past its
// end.
#pragma once

#include "ddpm/event.h"

#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;
class QSpinBox;

namespace ddpm::ui {

class InspectorForm;
class ReadOut;
class SectionHeading;

class RunInfo : public QWidget {
    Q_OBJECT
public:
    explicit RunInfo(QWidget* parent = nullptr);

    void setRun(const RunOpened& run);
    void setTraining(const TrainingStateChanged& training);
    void setStep(std::int64_t step);
    void setThroughput(const Throughput& throughput);
    std::int64_t extension() const; ///< the number in the field

Q_SIGNALS:
    void extendRequested(std::int64_t steps);
    void saveRequested();
    void folderRequested();

private:
    InspectorForm* form_;
    SectionHeading* heading_;
    QLabel* name_;
    QProgressBar* progress_;
    QLabel* steps_;
    ReadOut* left_;
    ReadOut* speed_;
    QLabel* speedWords_;
    ReadOut* memory_;
    ReadOut* preview_;
    QLabel* device_;
    QSpinBox* extension_;
    QPushButton* extend_;
    QPushButton* save_;
    std::int64_t step_ = 0, planned_ = 0;
    TrainingState state_ = TrainingState::none;
};

} // namespace ddpm::ui
