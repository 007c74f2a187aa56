// What a whole stage shows when it has nothing yet: a sign, what is missing, what to do about it.
#pragma once

#include <QWidget>

class QLabel;
class QPushButton;
class QHBoxLayout;

namespace ddpm::ui {

class EmptyState : public QWidget {
    Q_OBJECT
public:
    EmptyState(const QString& iconName, const QString& title, const QString& words,
               QWidget* parent = nullptr);
    void setWords(const QString& words);
    QPushButton* addButton(const QString& text, bool primary);

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void restyle();
    void fitWords();
    QString iconName_;
    QLabel* icon_;
    QLabel* title_;
    QLabel* words_;
    QHBoxLayout* buttons_ = nullptr;
};

} // namespace ddpm::ui
