// The inspector of the Denoise stage: how to sample, the chain's buttons, and the numbers at the state on
// screen.
#pragma once

#include "ddpm/event.h"
#include "stages/denoise/step_numbers.h"
#include "views/inspector_form.h"

#include <optional>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QPushButton;
class QSpinBox;
class QToolButton;

namespace ddpm::ui {

class MemoryForm;
class TryForm;

class SamplingForm : public InspectorForm {
    Q_OBJECT
public:
    explicit SamplingForm(QWidget* parent = nullptr);

    void setModel(const ModelChanged& model);
    void setPhase(ChainPhase phase);
    void setSettings(const SamplingSettings& settings);
    SamplingSettings settings() const;
    QString summary() const;              ///< of the settings: "DDIM, 50 steps, 16 chains, seed 42"
    void setNumbersVisible(bool visible); ///< of the step: an exploration has others
    void showNumbers(const std::optional<StepNumbers>& numbers); ///< nothing: dashes
    /// DDIM with few steps, so that a first look does not take a minute.
    void chooseQuickLook();
    void setRecordNote(const QString& note); ///< about the recorded chain; may be empty

    TryForm* tryForm() const { return try_; }
    MemoryForm* memoryForm() const { return memory_; }
    QPushButton* sampleButton() const { return sample_; }
    QPushButton* pauseButton() const { return pause_; }
    QPushButton* stopButton() const { return stop_; }
    QComboBox* samplerBox() const { return sampler_; }
    QSpinBox* stepsBox() const { return steps_; }
    QComboBox* spacingBox() const { return spacing_; }
    QComboBox* varianceBox() const { return variance_; }
    QDoubleSpinBox* etaBox() const { return eta_; }
    QCheckBox* clipBox() const { return clip_; }
    QComboBox* classBox() const { return class_; }
    QDoubleSpinBox* guidanceBox() const { return guidance_; }
    QSpinBox* countBox() const { return count_; }
    QSpinBox* seedBox() const { return seed_; }
    QToolButton* randomSeedButton() const { return randomSeed_; }
    QLabel* problemLabel() const { return problem_; }
    QLabel* modelLabel() const { return modelNote_; }

Q_SIGNALS:
    void edited(); ///< settings() may have changed, by whomever
    void sampleRequested();
    void pauseRequested();
    void resumeRequested();
    void stopRequested();

protected:
    void changeEvent(QEvent* event) override;

private:
    void suggestSteps();
    void validate();
    void restyle();

    int usualSteps() const;
    void setClasses(int classes);

    int timesteps_ = 0;            // of the model; 0: none
    int classes_ = 0;              // of the model
    int suggested_ = 0;            // steps that were put there and not typed
    NetKind kind_ = NetKind::unet; // of the model that was last there
    ChainPhase phase_ = ChainPhase::none;
    QComboBox* sampler_;
    QSpinBox* steps_;
    QComboBox* spacing_;
    QComboBox* variance_;
    QDoubleSpinBox* eta_;
    QCheckBox* clip_;
    QComboBox* class_;
    QDoubleSpinBox* guidance_;
    QSpinBox* count_;
    QSpinBox* seed_;
    QToolButton* randomSeed_;
    QPushButton* sample_ = nullptr;
    QPushButton* pause_;
    QPushButton* stop_;
    QLabel* problem_;
    Note* modelNote_;
    Note* recordNote_;
    TryForm* try_;
    MemoryForm* memory_;
    SectionHeading* at_;
    ReadOut* beta_;
    ReadOut* alphaBar_;
    ReadOut* snr_;
    ReadOut* sigma_;
};

} // namespace ddpm::ui
