// The way out: ask when something is under way, let the engine save, and be gone within a bound whatever
// happens.
#include "bridge/engine_bridge.h"
#include "stages/denoise/denoise_stage.h"
#include "stages/stage.h"
#include "stages/train/train_stage.h"
#include "window/main_window.h"

#include <QCloseEvent>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>

#include <cstdio>

namespace ddpm::ui {

bool MainWindow::losesWork() const {
    if (!bridge_.run()) return false;
    return can_pause(bridge_.training().state) || bridge_.training().step > savedStep_;
}

void MainWindow::closeEvent(QCloseEvent* event) {
    if (mayClose_ || engineStopped_) {
        saveState();
        event->accept();
        return;
    }
    event->ignore();
    if (shuttingDown_ || question_) return;
    losesWork() ? askToQuit() : shutDown();
}

void MainWindow::askToQuit() {
    const bool running = can_pause(bridge_.training().state);
    question_ = new QMessageBox(QMessageBox::Question, tr("Quit"),
                                running ? tr("Training is running.")
                                        : tr("The run has steps that are not saved yet."),
                                QMessageBox::NoButton, this);
    question_->setObjectName(QStringLiteral("quitQuestion"));
    question_->setAttribute(Qt::WA_DeleteOnClose);
    question_->setInformativeText(tr("It is saved before the window closes and can be resumed later."));
    auto* save = new QPushButton(tr("Save and quit"));
    save->setObjectName(QStringLiteral("saveAndQuit"));
    save->setProperty("role", "primary"); // before the box styles it
    question_->addButton(save, QMessageBox::AcceptRole);
    QPushButton* stay =
        question_->addButton(running ? tr("Keep training") : tr("Stay"), QMessageBox::RejectRole);
    stay->setObjectName(QStringLiteral("stay"));
    question_->setDefaultButton(save);
    question_->setEscapeButton(stay);
    connect(question_, &QMessageBox::buttonClicked, this, [this, save](QAbstractButton* button) {
        if (button == save) shutDown();
    });
    connect(question_, &QDialog::finished, this, [this] { question_ = nullptr; });
    question_->open();
}

void MainWindow::shutDown() {
    shuttingDown_ = true;
    saveState();
    saving_ = new QLabel(tr("Saving…"), this);
    saving_->setObjectName(QStringLiteral("saving"));
    saving_->setProperty("role", "big");
    saving_->setAlignment(Qt::AlignCenter);
    saving_->setGeometry(rect());
    saving_->show();
    centralWidget()->setEnabled(false);
    closeTimer_.start(options_.closeBound);
    bridge_.submit(Shutdown{});
}

void MainWindow::finishClosing(bool inTime) {
    closeTimer_.stop();
    if (!inTime)
        std::fprintf(stderr,
                     "ddpm-lab: the engine did not stop within %.1f s; closing without waiting for it. "
                     "The newest checkpoint in the run's folder is intact.\n",
                     options_.closeBound / 1000.0);
    mayClose_ = true;
    close();
}

void MainWindow::saveState() {
    if (!isFullScreen()) state_.geometry = saveGeometry();
    state_.chainMemory = denoise_->chainMemory();
    if (!writeWindowState(options_.stateFile, state_))
        std::fprintf(stderr, "ddpm-lab: what the window remembers could not be written to %s\n",
                     qPrintable(options_.stateFile));
}

} // namespace ddpm::ui
