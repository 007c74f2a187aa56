// Asks how the way of a chain is taken away: as a film, a strip of states, or numbered pictures.
#pragma once

#include "ddpm/command.h"

#include <QDialog>
#include <QSize>

class QComboBox;
class QDialogButtonBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QSpinBox;

namespace ddpm::ui {

/// Open with open() (not exec()), read command() when accepted.
class ExportChainDialog : public QDialog {
    Q_OBJECT
public:
    /// `states` are kept of `chains` chains of `picture` pixels; an empty size means points. `selected` is
    /// the 0-based chain that may be taken alone.
    ExportChainDialog(int states, int chains, int selected, QSize picture, QWidget* parent = nullptr);

    /// Folder and name without an ending, which the format adds.
    void suggestFile(const QString& file);
    ExportChain command() const;

private:
    enum Format { mp4, gif, apng, numbered, strip };

    Format format() const;
    QString ending() const;
    void browse();
    void changeFormat();
    void update();

    int states_;
    int chains_;
    QSize picture_;
    QFormLayout* form_;
    QComboBox* format_;
    QComboBox* part_;
    QComboBox* which_;
    QDoubleSpinBox* seconds_;
    QSpinBox* count_;
    QSpinBox* scale_;
    QLineEdit* file_;
    QLabel* size_;
    QLabel* problem_;
    QDialogButtonBox* buttons_;
};

} // namespace ddpm::ui
