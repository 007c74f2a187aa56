// What came out of one picture, several times over: a picture each, and under it how far it is from the
// original.
#pragma once

#include "ddpm/picture.h"

#include <QWidget>

#include <vector>

class QLabel;

namespace ddpm::ui {

class PictureGrid;

class EncodeResults : public QWidget {
    Q_OBJECT
public:
    static constexpr int most = 16;

    explicit EncodeResults(QWidget* parent = nullptr);

    void setCount(int count, QSize picture); ///< 1…most; keeps room for them
    void setEmptyText(const QString& text);  ///< said in the first one while there is nothing
    void setPictures(const PictureStack& pictures, const std::vector<double>& distances);
    void clear();

    int count() const { return count_; }
    PictureGrid* picture(int index) const { return cells_[static_cast<std::size_t>(index)].picture; }
    QLabel* number(int index) const { return cells_[static_cast<std::size_t>(index)].number; }
    QSize minimumSizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Cell {
        PictureGrid* picture = nullptr;
        QLabel* number = nullptr;
    };
    void arrange();

    std::vector<Cell> cells_;
    int count_ = 1;
    QSize picture_{28, 28};
    QString emptyText_;
};

} // namespace ddpm::ui
