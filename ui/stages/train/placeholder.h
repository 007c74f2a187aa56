// What a card says while it has nothing to show: a faint sign and a sentence.
#pragma once

#include <QWidget>

class QLabel;

namespace ddpm::ui {

class Placeholder : public QWidget {
    Q_OBJECT
public:
    Placeholder(const QString& iconName, const QString& words, QWidget* parent = nullptr);

    void setWords(const QString& words);

protected:
    void changeEvent(QEvent* event) override;

private:
    void restyle();
    QString iconName_;
    QLabel* icon_;
    QLabel* words_;
};

} // namespace ddpm::ui
