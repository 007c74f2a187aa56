// The keys of the whole window. They never take a key from a field that is being typed into, from a list or a
// slider.
#include "stages/stage.h"
#include "window/banner.h"
#include "window/main_window.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QApplication>
#include <QComboBox>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QStackedWidget>
#include <QTextEdit>

namespace ddpm::ui {
namespace {

bool isTypedInto(const QWidget* widget) {
    return qobject_cast<const QLineEdit*>(widget) || qobject_cast<const QAbstractSpinBox*>(widget) ||
           qobject_cast<const QComboBox*>(widget) || qobject_cast<const QPlainTextEdit*>(widget) ||
           qobject_cast<const QTextEdit*>(widget) || qobject_cast<const QAbstractItemView*>(widget);
}

} // namespace

bool MainWindow::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() != QEvent::KeyPress || shuttingDown_) return QMainWindow::eventFilter(watched, event);
    auto* widget = qobject_cast<QWidget*>(watched);
    if (!widget || widget->window() != this || QApplication::activePopupWidget() ||
        QApplication::activeModalWidget())
        return QMainWindow::eventFilter(watched, event);
    const auto* key = static_cast<QKeyEvent*>(event);
    const Qt::KeyboardModifiers modifiers = key->modifiers() & ~Qt::KeypadModifier;
    const bool backwards = key->key() == Qt::Key_Space && modifiers == Qt::ShiftModifier;
    if (modifiers != Qt::NoModifier && !backwards) return QMainWindow::eventFilter(watched, event);
    QWidget* focus = QApplication::focusWidget();
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
