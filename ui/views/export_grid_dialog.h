// Asks how a grid of pictures is laid out and where it goes: the same dialog for training samples and for
// chains.
#pragma once

#include "ddpm/command.h"

#include <QDialog>
#include <QSize>

class QComboBox;
class QDialogButtonBox;
class QLabel;
class QLineEdit;
class QSpinBox;

namespace ddpm::ui {

/// Open with open() (not exec()), read command() when accepted.
class ExportGridDialog : public QDialog {
    Q_OBJECT
public:
    /// `count` pictures of `picture` pixels will be exported; an empty size (points) hides what needs pixels.
    ExportGridDialog(int count, QSize picture, QWidget* parent = nullptr);

    /// With more than one the user chooses among them; the first is chosen.
    void addSource(ExportGrid::Source source, const QString& name);
    /// Folder and name the file field starts with; ".png" is added where missing.
    void suggestFile(const QString& file);

    /// What was asked for, of state `state` of the chain (−1: the newest).
    ExportGrid command(int state = -1) const;

private:
    void browse();
    void update();
    int columns() const;

    int count_;
    QSize picture_;
    QComboBox* source_;
    QLabel* sourceLabel_;
    QSpinBox* columns_;
    QSpinBox* scale_;
    QSpinBox* padding_;
    QLineEdit* file_;
    QLabel* size_;
    QLabel* problem_;
    QDialogButtonBox* buttons_;
};

} // namespace ddpm::ui
