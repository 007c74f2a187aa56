// The settings of a run as fields. Shows a draft, says what was edited, marks what is wrong; decides nothing.
#pragma once

#include "ddpm/config.h"

#include <QHash>
#include <QWidget>

#include <functional>
#include <vector>

class QCheckBox;
class QComboBox;
class QLineEdit;
class QPushButton;
class QSpinBox;
class QToolButton;

namespace ddpm::ui {

class InspectorForm;
class Note;
class SectionHeading;
class SketchField;

class SettingsForm : public QWidget {
    Q_OBJECT
public:
    explicit SettingsForm(QWidget* parent = nullptr);

    void setSettings(const RunSettings& settings); ///< does not emit
    void setProblems(const std::vector<Problem>& problems);
    /// Fields whose text is not a number (the draft keeps the last good one).
    bool hasUnreadableField() const;
    void setGpu(bool gpu); ///< whether runs are computed on one, where the device is left to the program
    void setRunsFolder(const QString& folder);
    void setNote(const QString& note, bool warning);

Q_SIGNALS:
    void edited(const ddpm::RunSettings& settings);
    /// Data set, net or "as in the paper" was chosen: the preset's figures fill the fields.
    void presetChosen(ddpm::Preset preset, ddpm::DataKind data, bool asInPaper);
    /// Something was drawn: the data are to be that, with a net for points.
    void sketchDrawn(const std::vector<float>& sketch);
    void runsFolderRequested();
    void readabilityChanged();

private:
    void buildBasic();
    void buildAdvanced();
    QSpinBox* addSpin(InspectorForm* form, const QString& name, const QString& label, const QString& field,
                      int low, int high, std::function<void(RunSettings&, int)> store,
                      const QString& toolTip);
    QLineEdit* addNumber(InspectorForm* form, const QString& name, const QString& label, const QString& field,
                         std::function<void(RunSettings&, double)> store, const QString& toolTip);
    QComboBox* addChoice(InspectorForm* form, const QString& name, const QString& label);
    void addProblemNote(InspectorForm* form, const QString& field, QWidget* editor);
    void change(const std::function<void(RunSettings&)>& store);
    void choosePreset();
    void fillPresets();
    void showDeviceNote();
    void showRunsFolder();
    void mark(QWidget* editor, bool wrong);

    RunSettings settings_;
    bool filling_ = false;
    QHash<QString, Note*> problemNotes_;
    QHash<QString, QWidget*> editors_;
    QHash<QString, QString> unreadable_; ///< field -> what is wrong with its text
    std::vector<Problem> problems_;

    InspectorForm* basic_;
    InspectorForm* advanced_;
    QToolButton* disclosure_;
    SectionHeading* heading_;
    QComboBox* data_;
    QLineEdit* text_;
    SketchField* sketch_;
    QComboBox* net_;
    QCheckBox* paper_;
    Note* paperNote_;
    Note* deviceNote_;
    bool gpu_ = false;
    QString runsFolder_;
    QSpinBox* steps_;
    QLineEdit* rate_;
    QLineEdit* seed_;
    QComboBox* device_;
    QPushButton* folder_;
    QSpinBox* batch_;
    QLineEdit* ema_;
    QSpinBox* warmup_;
    QLineEdit* clip_;
    QLineEdit* dropout_;
    QComboBox* precision_;
    QCheckBox* flips_;
    QComboBox* schedule_;
    QComboBox* prediction_;
    QSpinBox* timesteps_;
    QCheckBox* previews_;
    QLineEdit* every_;
    Note* general_;
};

} // namespace ddpm::ui
