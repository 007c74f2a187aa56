// Undo and redo for a form: watches what it says as one value, and pushes a command whenever the user changed
// it. Knows no form: how to read and to restore the value, and the names of its parts, are given.
//
// * A command restores the parts it changed and leaves the others as they are by then.
// * Changes of the same part less than a second apart are one command (a spin box that is held down), and so
//   is everything that one event brings about (another sampler, and the steps that are usual for it).
// * A line that is typed into is its own editor with its own undo until Enter is pressed or it is left; then
//   what came of it is one command.
// * What the program does to the form is not the user's: a Quiet scope around it keeps it out.
#pragma once

#include <QList>
#include <QObject>
#include <QPointer>
#include <QString>
#include <QUndoStack>

#include <any>
#include <functional>
#include <utility>
#include <vector>

class QLineEdit;
class QWidget;

namespace ddpm::ui {

class FormHistory : public QObject {
    Q_OBJECT
public:
    /// What happens to the form in this scope becomes part of where the next change starts from.
    class Quiet {
    public:
        explicit Quiet(FormHistory& history);
        ~Quiet();
        Q_DISABLE_COPY_MOVE(Quiet)
    private:
        FormHistory& history_;
        std::any before_;
    };

    /// The user changed the form. Nothing is pushed if it says the same as before, or in a Quiet scope.
    void record();
    /// What `edit` does to the form is one change called `text`, whatever it touches.
    void change(const QString& text, const std::function<void()>& edit);

    bool eventFilter(QObject* watched, QEvent* event) override;

protected:
    static constexpr int unlisted = -1; ///< a part that is not in the list of fields; stands for the whole

    /// Lines to type into are looked for inside `form`. The stack may be shared, and may outlive this.
    FormHistory(QWidget* form, QUndoStack* stack);
    void start() { base_ = take(); } ///< by the derived class, when it can read

private:
    friend class FormCommand;
    virtual std::any take() const = 0;
    virtual void put(const std::any& value) = 0;
    virtual QList<int> differing(const std::any& a, const std::any& b) const = 0; ///< listed ones first
    virtual void copy(const std::any& from, std::any& to, const QList<int>& fields) const = 0;
    virtual QString nameOf(int field) const = 0;

    void commit(const QString& text);
    void apply(const std::any& value, const QList<int>& fields);
    QLineEdit* typedInto() const;
    void waitFor(QLineEdit* edit);
    int turn();

    QWidget* form_;
    QPointer<QUndoStack> stack_;
    std::any base_; // what the form said after the last change that is known
    QPointer<QLineEdit> typing_;
    int quiet_ = 0, turn_ = 0;
    bool turnEnds_ = false; // it has been arranged for
};

/// A named part of a T.
template <typename T>
struct FormField {
    QString name;
    std::function<bool(const T&, const T&)> same;
    std::function<void(const T&, T&)> copy;
};

/// `get` is a pointer to a member, or takes a T& or const T& and returns a reference into it.
template <typename T, typename Get>
FormField<T> formField(const QString& name, Get get) {
    return {name, [get](const T& a, const T& b) { return std::invoke(get, a) == std::invoke(get, b); },
            [get](const T& from, T& to) { std::invoke(get, to) = std::invoke(get, from); }};
}

/// T: copyable, comparable. `restore` shows a T in the form; it need not be silent.
template <typename T>
class FormHistoryOf final : public FormHistory {
public:
    FormHistoryOf(QWidget* form, QUndoStack* stack, std::function<T()> read,
                  std::function<void(const T&)> restore, std::vector<FormField<T>> fields)
        : FormHistory(form, stack), read_(std::move(read)), restore_(std::move(restore)),
          fields_(std::move(fields)) {
        start();
    }

private:
    std::any take() const override { return read_(); }
    void put(const std::any& value) override { restore_(as(value)); }
    QList<int> differing(const std::any& a, const std::any& b) const override {
        QList<int> found;
        T rest = as(b);
        for (std::size_t i = 0; i < fields_.size(); ++i)
            if (!fields_[i].same(as(a), as(b))) {
                found << static_cast<int>(i);
                fields_[i].copy(as(a), rest);
            }
        if (!(rest == as(a))) found << unlisted;
        return found;
    }
    void copy(const std::any& from, std::any& to, const QList<int>& fields) const override {
        if (fields.contains(unlisted)) {
            to = from;
            return;
        }
        for (const int field : fields)
            fields_[static_cast<std::size_t>(field)].copy(as(from), *std::any_cast<T>(&to));
    }
    QString nameOf(int field) const override {
        return field == unlisted ? QString() : fields_[static_cast<std::size_t>(field)].name;
    }
    static const T& as(const std::any& value) { return *std::any_cast<T>(&value); }

    std::function<T()> read_;
    std::function<void(const T&)> restore_;
    std::vector<FormField<T>> fields_;
};

} // namespace ddpm::ui
