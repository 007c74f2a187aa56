// A framed area on the stage with a title line, and what a pane says while there is nothing to show.
#pragma once

#include "views/tone.h"

#include <QFrame>
#include <QLabel>

class QHBoxLayout;
class QVBoxLayout;

namespace ddpm::ui {

/// Title in bold at the left, muted caption after it, anything at the right.
class Card : public QFrame {
    Q_OBJECT
public:
    explicit Card(const QString& title = {}, const QString& caption = {}, QWidget* parent = nullptr);
    void setTitle(const QString& title);
    void setCaption(const QString& caption);
    QVBoxLayout* body() const { return body_; }
    void addToHeader(QWidget* widget);

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void restyle();
    QLabel* title_;
    QLabel* caption_;
    QHBoxLayout* header_;
    QVBoxLayout* body_;
};

/// A mathematical name at the left in its tone, what it is at the right: the line above a pane.
class PaneCaption : public QWidget {
    Q_OBJECT
public:
    PaneCaption(const QString& symbol, const QString& words, Tone tone, QWidget* parent = nullptr);
    void setWords(const QString& words);
    void setTone(Tone tone);

protected:
    void changeEvent(QEvent* event) override;

private:
    void restyle();
    QLabel* symbol_;
    QLabel* words_;
    Tone tone_;
};

} // namespace ddpm::ui
