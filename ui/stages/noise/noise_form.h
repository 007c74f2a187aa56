// The inspector of the Noise stage: what is noised, by which schedule, and the numbers at t.
#pragma once

#include "ddpm/event.h"
#include "views/inspector_form.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLineEdit;
class QPushButton;
class QSpinBox;
class QToolButton;

namespace ddpm::ui {

class PictureGrid;
class SketchField;

/// What is set in the form, as one value.
struct NoiseChoices {
    DataSettings data;
    int only_label = -1;
    std::uint64_t seed = 0;
    ScheduleSettings draft, applied; ///< of the schedule
    bool operator==(const NoiseChoices&) const = default;
};

class NoiseForm : public InspectorForm {
    Q_OBJECT
public:
    explicit NoiseForm(QWidget* parent = nullptr);

    DataSettings data() const;
    int onlyLabel() const; ///< −1: all classes
    std::uint64_t seed() const;
    const ScheduleSettings& schedule() const { return applied_; } ///< as applied, not as drafted
    ScheduleSettings draft() const;
    NoiseChoices choices() const;
    /// Shows them, and asks for what they need as the user's hand would.
    void setChoices(const NoiseChoices& choices);

    void showData(const DataOpened& data);
    void setDrawingPicture(const QString& file); ///< its dark pixels become points
    void showNumbers(const ScheduleTable& schedule, int t);
    void showProblem(const QString& text); ///< empty: none
    /// Which thumbnail is on screen; −1: none of them.
    void setChosen(std::int64_t index);

    QComboBox* dataBox() const { return data_; }
    QComboBox* classBox() const { return class_; }
    QLineEdit* textEdit() const { return text_; }
    SketchField* sketchField() const { return sketch_; }
    QCheckBox* densityBox() const { return density_; }
    QCheckBox* arrowsBox() const { return arrows_; }
    PictureGrid* thumbnails() const { return thumbnails_; }
    QPushButton* randomButton() const { return random_; }
    QPushButton* openButton() const { return open_; }
    QComboBox* scheduleBox() const { return schedule_; }
    QSpinBox* stepsBox() const { return steps_; }
    QDoubleSpinBox* betaStartBox() const { return betaStart_; }
    QDoubleSpinBox* betaEndBox() const { return betaEnd_; }
    QPushButton* applyButton() const { return apply_; }
    QPushButton* revertButton() const { return revert_; }
    QSpinBox* seedBox() const { return seed_; }
    QToolButton* newNoiseButton() const { return newNoise_; }
    QString problem() const { return problem_->text(); }

Q_SIGNALS:
    void dataRequested();                ///< kind, class, text or picture of the drawing changed
    void pictureRequested(qint64 index); ///< one of the data set
    void randomRequested();
    void openPictureRequested();
    void scheduleApplied();
    void seedChanged();
    void edited(); ///< choices() may have changed, by whomever
    void overlaysChanged(); ///< density, arrows
    void trainingRequested(const ddpm::DataSettings& drawing);

protected:
    void changeEvent(QEvent* event) override;

private:
    void build();
    void showDraftState();
    void showKind();
    void draw(const std::vector<float>& sketch);
    void setDraft(const ScheduleSettings& settings);
    void restyle();

    ScheduleSettings applied_;
    QString drawingPicture_;
    int wantedLabel_ = -1;              // chosen before the data that has it was opened
    std::vector<std::int64_t> indices_; // of the thumbnails
    QComboBox* data_;
    QLineEdit* text_;
    SketchField* sketch_;
    QCheckBox* density_;
    QCheckBox* arrows_;
    QComboBox* class_;
    PictureGrid* thumbnails_;
    QPushButton* random_;
    QPushButton* open_;
    Note* hint_;
    QLabel* problem_;
    SectionHeading* at_ = nullptr;
    ReadOut* numbers_[6] = {};
    SectionHeading* scheduleHeading_ = nullptr;
    QComboBox* schedule_;
    QSpinBox* steps_;
    QDoubleSpinBox* betaStart_;
    QDoubleSpinBox* betaEnd_;
    QLabel* scheduleProblem_;
    QPushButton* apply_;
    QPushButton* revert_;
    QSpinBox* seed_;
    QToolButton* newNoise_;
};

} // namespace ddpm::ui
