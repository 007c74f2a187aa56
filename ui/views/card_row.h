// Cards beside one another: as many as there is room for, the others come by a button at the end.
#pragma once

#include <QWidget>

#include <vector>

class QHBoxLayout;
class QToolButton;

namespace ddpm::ui {

class Card;

class CardRow : public QWidget {
    Q_OBJECT
public:
    explicit CardRow(QWidget* parent = nullptr);

    /// `least`: the width, in the theme's units, below which it would rather have the row for itself.
    void addCard(Card* card, int least, int stretch = 1);
    std::vector<Card*> shown() const; ///< left to right
    QToolButton* nextButton() const { return next_; }
    QSize minimumSizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Place {
        Card* card;
        int least;
    };
    void turn();
    void fit();

    std::vector<Place> places_;
    std::size_t first_ = 0; // of those that are shown
    QHBoxLayout* row_;
    QToolButton* next_;
};

} // namespace ddpm::ui
