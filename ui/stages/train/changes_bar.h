// What became of the edits: start a run with them, apply what can change on the way, start anew, or take them
// back.
#pragma once

#include <QFrame>

class QLabel;
class QPushButton;

namespace ddpm::ui {

class RunDraft;

class ChangesBar : public QFrame {
    Q_OBJECT
public:
    explicit ChangesBar(QWidget* parent = nullptr);
    /// `valid`: every field can be read and the settings have no problem.
    void setDraft(const RunDraft& draft, bool valid);
    static QString title(int changes); ///< "3 changes not applied"

Q_SIGNALS:
    void startRequested();
    void applyRequested();
    void newRunRequested();
    void revertRequested();
    void focusGivenUp(); ///< the button that has it is about to go: the keys belong to somebody else

private:
    void setShown(QPushButton* button, bool shown);
    QLabel* title_;
    QLabel* words_;
    QPushButton* start_;
    QPushButton* apply_;
    QPushButton* anew_;
    QPushButton* revert_;
};

} // namespace ddpm::ui
