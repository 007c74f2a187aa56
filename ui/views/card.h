// A framed area on the stage with a title line, and the line above a pane.
#pragma once

#include "views/equation_view.h"
#include "views/tone.h"

#include <QFrame>
#include <QLabel>

class QHBoxLayout;
class QVBoxLayout;

namespace ddpm::ui {

class ElidedLabel;

/// Title in bold at the left, muted caption after it, anything at the right.
class Card : public QFrame {
    Q_OBJECT
public:
    explicit Card(const QString& title = {}, const QString& caption = {}, QWidget* parent = nullptr);
    void setTitle(const QString& title);
    void setCaption(const QString& caption);
    QVBoxLayout* body() const { return body_; }
    void addToHeader(QWidget* widget); ///< at the right end

protected:
    void changeEvent(QEvent* event) override;

private:
    void restyle();
    ElidedLabel* title_;
    ElidedLabel* caption_;
    QHBoxLayout* header_ = nullptr;
    QVBoxLayout* body_ = nullptr;
};

/// A mathematical name at the left in its tone, what it is at the right: the line above a pane.
class PaneCaption : public QWidget {
    Q_OBJECT
public:
    PaneCaption(math::Expr symbol, const QString& words, Tone tone, QWidget* parent = nullptr);
    void setWords(const QString& words);
    void setSymbol(math::Expr symbol, Tone tone);
    QString words() const { return words_; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    math::Expr symbol_;
    QString words_;
    Tone tone_;
};

} // namespace ddpm::ui
