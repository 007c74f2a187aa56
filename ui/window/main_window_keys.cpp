// The keys of the whole window. They never take a key from a field that is being typed into, from a list or a
// slider. Ctrl+Z is different: a spin box, a combo box and a line whose text is not being edited leave it to
// the stage; a line of text that is being edited keeps it while it has something to undo.
#include "stages/stage.h"
#include "window/banner.h"
#include "window/main_window.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QApplication>
#include <QComboBox>
#include <QDropEvent>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QStackedWidget>
#include <QTextDocument>
#include <QTextEdit>

namespace ddpm::ui {
namespace {

bool isTypedInto(const QWidget* widget) {
    return qobject_cast<const QLineEdit*>(widget) || qobject_cast<const QAbstractSpinBox*>(widget) ||
           qobject_cast<const QComboBox*>(widget) || qobject_cast<const QPlainTextEdit*>(widget) ||
           qobject_cast<const QTextEdit*>(widget) || qobject_cast<const QAbstractItemView*>(widget);
}

/// Whether the text in that widget is what undo and redo mean.
bool undoesItself(const QWidget* widget, bool redo) {
    if (const auto* line = qobject_cast<const QLineEdit*>(widget))
        return !line->isReadOnly() &&
               (redo ? line->isRedoAvailable() : line->isModified() && line->isUndoAvailable());
    const QTextDocument* text = nullptr;
    if (const auto* plain = qobject_cast<const QPlainTextEdit*>(widget)) text = plain->document();
    if (const auto* rich = qobject_cast<const QTextEdit*>(widget)) text = rich->document();
    return text && (redo ? text->isRedoAvailable() : text->isUndoAvailable());
}

/// Whether a view means something of its own by that key: one to paint on moves a cursor, paints with Space
/// and takes a stroke back with Esc. It says so as Qt's own widgets do, by accepting the override.
bool claims(QWidget* view, const QKeyEvent& key) {
    if (!view) return false;
    QKeyEvent probe(QEvent::ShortcutOverride, key.key(), key.modifiers(), key.text());
    probe.ignore();
    QApplication::sendEvent(view, &probe);
    return probe.isAccepted();
}

} // namespace

bool MainWindow::handleUndoKey(QEvent* event) {
    const auto* key = static_cast<QKeyEvent*>(event);
    const bool redo =
        key->matches(QKeySequence::Redo) ||
        key->keyCombination() == QKeyCombination(Qt::ControlModifier, Qt::Key_Y) ||
        key->keyCombination() == QKeyCombination(Qt::ControlModifier | Qt::ShiftModifier, Qt::Key_Z);
    if (!redo && !key->matches(QKeySequence::Undo)) return false;
    if (undoesItself(QApplication::focusWidget(), redo)) return false;
    // A line and a spin box claim these keys whether they can use them or not. An override that nobody
    // accepts leads to the window's action; where that is disabled, the key ends here.
    event->setAccepted(event->type() == QEvent::KeyPress);
    return true;
}

bool MainWindow::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::DragEnter) {
        // A line of text would take a file's address as words; the window knows better.
        auto* over = qobject_cast<QWidget*>(watched);
        if (over && over->window() == this && isTypedInto(over) &&
            holdsFile(static_cast<QDropEvent*>(event))) {
            event->ignore();
            return true;
        }
    }
    const bool claim = event->type() == QEvent::ShortcutOverride;
    if ((event->type() != QEvent::KeyPress && !claim) || shuttingDown_)
        return QMainWindow::eventFilter(watched, event);
    auto* widget = qobject_cast<QWidget*>(watched);
    if (!widget || widget->window() != this || QApplication::activePopupWidget() ||
        QApplication::activeModalWidget())
        return QMainWindow::eventFilter(watched, event);
    if (handleUndoKey(event)) return true;
    if (claim) return QMainWindow::eventFilter(watched, event);
    const auto* key = static_cast<QKeyEvent*>(event);
    const Qt::KeyboardModifiers modifiers = key->modifiers() & ~Qt::KeypadModifier;
    const bool backwards = key->key() == Qt::Key_Space && modifiers == Qt::ShiftModifier;
    if (modifiers != Qt::NoModifier && !backwards) return QMainWindow::eventFilter(watched, event);
    QWidget* focus = QApplication::focusWidget();
    if (!isTypedInto(focus) && claims(focus, *key)) return QMainWindow::eventFilter(watched, event);
    if (key->key() == Qt::Key_Escape) {
        escape();
        return true;
    }
    if (isTypedInto(focus)) return QMainWindow::eventFilter(watched, event);
    // What a focused control means by a key goes first: Space presses a button, arrows move a slider.
    if (key->key() == Qt::Key_Space && qobject_cast<QAbstractButton*>(focus))
        return QMainWindow::eventFilter(watched, event);
    const bool moves =
        key->key() != Qt::Key_Space && key->key() != Qt::Key_PageUp && key->key() != Qt::Key_PageDown;
    const bool own =
        focus && focus != this && !stageList_.contains(focus) && !qobject_cast<QAbstractButton*>(focus);
    if (moves && own) return QMainWindow::eventFilter(watched, event);
    if (backwards) {
        stage()->playBackwards();
        return true;
    }
    return handleKey(key->key()) || QMainWindow::eventFilter(watched, event);
}

bool MainWindow::handleKey(int key) {
    Stage* stage = stageList_[currentStage()];
    switch (key) {
    case Qt::Key_Space:
        stage->playPause();
        return true;
    case Qt::Key_Left:
    case Qt::Key_PageUp:
        stage->stepBack();
        return true;
    case Qt::Key_Right:
    case Qt::Key_PageDown:
        stage->stepForward();
        return true;
    case Qt::Key_Home:
        stage->goToStart();
        return true;
    case Qt::Key_End:
        stage->goToEnd();
        return true;
    default:
        return false;
    }
}

void MainWindow::escape() {
    if (banner_->isVisible())
        banner_->dismiss();
    else if (isFullScreen())
        toggleFullScreen();
    else if (!stageList_[currentStage()]->escape())
        stageList_[currentStage()]->setFocus(); // out of a field, so that the keys mean the stage again
}

void MainWindow::toggleFullScreen() {
    if (isFullScreen()) {
        wasMaximized_ ? showMaximized() : showNormal();
    } else {
        wasMaximized_ = isMaximized();
        showFullScreen();
    }
}

} // namespace ddpm::ui
