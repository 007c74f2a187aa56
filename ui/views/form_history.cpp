#include "views/form_history.h"

#include <QApplication>
#include <QDeadlineTimer>
#include <QEvent>
#include <QLineEdit>
#include <QTimer>
#include <QUndoCommand>

#include <utility>

namespace ddpm::ui {
namespace {

constexpr int together = 1000;      // ms: changes of one field less than this apart are one
constexpr int commandId = 0x466f72; // only commands of one kind are offered to each other

} // namespace

class FormCommand final : public QUndoCommand {
public:
    FormCommand(FormHistory* history, std::any before, std::any after, QList<int> fields, bool alone)
        : history_(history), before_(std::move(before)), after_(std::move(after)), fields_(std::move(fields)),
          turn_(history->turn()), alone_(alone) {}

    int id() const override { return commandId; }
    void undo() override {
        alone_ = true; // what comes after going back is new, however soon
        if (history_) history_->apply(before_, fields_);
    }
    void redo() override {
        // Pushing a command redoes it, but the form says this already.
        if (std::exchange(pushed_, true) && history_) history_->apply(after_, fields_);
    }
    bool mergeWith(const QUndoCommand* command) override {
        const auto* other = static_cast<const FormCommand*>(command);
        if (!history_ || other->history_ != history_ || alone_ || other->alone_) return false;
        const bool more = other->fields_ == fields_ && !ends_.hasExpired();
        if (!more && other->turn_ != turn_) return false;
        after_ = other->after_;
        fields_ = history_->differing(before_, after_);
        ends_ = other->ends_;
        turn_ = other->turn_;
        setObsolete(fields_.isEmpty());
        return true;
    }

private:
    QPointer<FormHistory> history_;
    std::any before_, after_;
    QList<int> fields_;
    QDeadlineTimer ends_{together};
    int turn_;
    bool alone_, pushed_ = false;
};

FormHistory::Quiet::Quiet(FormHistory& history) : history_(history), before_(history.take()) {
    ++history_.quiet_;
}

FormHistory::Quiet::~Quiet() {
    --history_.quiet_;
    // What is being typed meanwhile stays a change of the user's.
    const std::any after = history_.take();
    history_.copy(after, history_.base_, history_.differing(before_, after));
}

FormHistory::FormHistory(QWidget* form, QUndoStack* stack) : QObject(form), form_(form), stack_(stack) {}

void FormHistory::record() {
    if (quiet_ > 0) return;
    if (QLineEdit* edit = typedInto())
        waitFor(edit);
    else
        commit({});
}

void FormHistory::change(const QString& text, const std::function<void()>& edit) {
    commit({}); // what was typed until now is a change of its own
    ++quiet_;
    edit();
    --quiet_;
    commit(text);
}

void FormHistory::commit(const QString& text) {
    std::any now = take();
    const QList<int> fields = differing(base_, now);
    if (fields.isEmpty() || !stack_) return;
    const QString name = nameOf(fields.front());
    auto* command = new FormCommand(this, std::exchange(base_, now), now, fields, !text.isEmpty());
    command->setText(!text.isEmpty() ? text : !name.isEmpty() ? name : tr("Settings"));
    stack_->push(command);
}

void FormHistory::apply(const std::any& value, const QList<int>& fields) {
    const Quiet quiet(*this);
    std::any now = take();
    copy(value, now, fields);
    put(now);
}

QLineEdit* FormHistory::typedInto() const {
    // A spin box keeps the focus for its line, so that is not meant.
    auto* edit = qobject_cast<QLineEdit*>(QApplication::focusWidget());
    return edit && edit->isModified() && form_->isAncestorOf(edit) ? edit : nullptr;
}

void FormHistory::waitFor(QLineEdit* edit) {
    if (typing_ == edit) return;
    typing_ = edit;
    edit->installEventFilter(this);
    connect(edit, &QLineEdit::editingFinished, this, [this, edit] {
        disconnect(edit, &QLineEdit::editingFinished, this, nullptr);
        edit->removeEventFilter(this);
        edit->setModified(false); // from here on Ctrl+Z means the form
        typing_ = nullptr;
        if (quiet_ == 0) commit({});
    });
}

bool FormHistory::eventFilter(QObject* watched, QEvent* event) {
    // Also a menu takes the focus away, without finishing the edit: its Undo should mean what was typed.
    if (event->type() == QEvent::FocusOut && watched == typing_ && quiet_ == 0) commit({});
    return QObject::eventFilter(watched, event);
}

int FormHistory::turn() {
    if (!std::exchange(turnEnds_, true))
        QTimer::singleShot(0, this, [this] {
            ++turn_;
            turnEnds_ = false;
        });
    return turn_;
}

} // namespace ddpm::ui
