// An exploration of a chain that takes the chain's place on the stage: forks, changes, mixtures, races.
#pragma once

#include "bridge/branch_set.h"
#include "ddpm/chain_record.h"
#include "ddpm/event.h"

#include <QUndoCommand>
#include <QWidget>

#include <memory>

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace ddpm::ui {

class ElidedLabel;
class EngineBridge;

/// Where the user was when an exploration began.
struct ChainPlace {
    std::shared_ptr<const ChainRecord> record; ///< nullptr: there is a model, but nothing was sampled yet
    int position = 0;                          ///< of the state on screen
    int chain = 0;                             ///< the selected one, 0-based
    SamplingSettings form;                     ///< as the inspector has them now
    ModelChanged model;

    std::shared_ptr<const ChainState> state() const { return record ? record->state(position) : nullptr; }
    /// Of the state half-way between noise and picture, where most is still open; −1: there is none before
    /// t = 0.
    int halfway() const;
    /// The class that chain `chain` draws, or −1 where the model has none.
    int label() const;
};

class Tool : public QWidget {
    Q_OBJECT
public:
    Tool(EngineBridge& bridge, const QString& title, QWidget* parent);

    /// What the transport moves over: positions 0…last(), of which those up to available() exist (−1: none).
    virtual int last() const = 0;
    virtual int available() const = 0;
    virtual bool growing() const { return branches_->anyRunning(); }
    virtual void showPosition(int position) = 0;
    virtual QString readout(int position) const = 0; ///< "t = 420", "37 evaluations"
    virtual QString widestReadout() const { return QStringLiteral("t = 0000"); } ///< so that nothing jumps

    virtual void open(const ChainPlace& place) = 0;
    /// The branch that export takes; 0: nothing yet.
    virtual std::uint64_t exportBranch() const { return 0; }
    virtual int exportState() const { return position_; } ///< of that branch's record: what is on screen
    /// A picture was dropped on the stage or chosen; false: this exploration has no use for it.
    virtual bool openPicture(const QString&) { return false; }

    int position() const { return position_; }
    QString caption() const; ///< the line beside the title
    BranchSet& branches() { return *branches_; }
    const BranchSet& branches() const { return *branches_; }
    QPushButton* backButton() const { return back_; }
    QPushButton* stopButton() const { return stop_; }

    /// Called by the stage: remembers the position and shows it.
    void moveTo(int position);

Q_SIGNALS:
    void progressed(); ///< last(), available() or growing() changed
    void positionWanted(int position);
    void followWanted(); ///< to the newest, and on with it
    void closeRequested();
    void statusMessage(const QString& text);
    void undoable(QUndoCommand* command); ///< what was done and can be undone; the stage owns it from here on

protected:
    EngineBridge& bridge() { return bridge_; }
    QVBoxLayout* body() const { return body_; }
    void setCaption(const QString& text);
    void changeEvent(QEvent* event) override;

private:
    void restyle();

    EngineBridge& bridge_;
    BranchSet* branches_;
    int position_ = 0;
    QPushButton* back_;
    QLabel* title_;
    ElidedLabel* caption_;
    QPushButton* stop_;
    QVBoxLayout* body_;
};

} // namespace ddpm::ui
