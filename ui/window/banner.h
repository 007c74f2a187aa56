// An error that stays until it is read: what, where, and what to do. Does not block anything.
#pragma once

#include "ddpm/result.h"

#include <QFrame>

class QLabel;
class QToolButton;

namespace ddpm::ui {

class Banner : public QFrame {
    Q_OBJECT
public:
    explicit Banner(QWidget* parent = nullptr);
    /// The newest error is shown; how many came before it is said.
    void setError(const QString& title, const Error& error);
    void dismiss();
    QString text() const;

protected:
    void changeEvent(QEvent* event) override;

private:
    void restyle();
    QLabel* icon_;
    QLabel* title_;
    QLabel* where_;
    QLabel* remedy_;
    QToolButton* close_;
    int count_ = 0;
};

} // namespace ddpm::ui
