// One of the two pictures that are interpolated, and where it comes from.
#pragma once

#include "ddpm/chain_state.h"

#include <QFrame>
#include <QString>

#include <memory>
#include <vector>

class QLabel;
class QPushButton;
class QSpinBox;

namespace ddpm::ui {

class PictureGrid;

/// A picture to interpolate from; immutable, so that it can be shared with what undoes a choice.
struct EndPicture {
    QString title;
    int chain = -1; ///< of the current chain's, 0-based; −1: from elsewhere
    ItemShape shape;
    std::vector<float> x0;
};

class InterpolateEnd : public QFrame {
    Q_OBJECT
public:
    InterpolateEnd(const QString& letter, QWidget* parent = nullptr);

    void setChains(int count); ///< finished samples to choose from; 0: none
    void show(const std::shared_ptr<const EndPicture>& picture);
    void setProblem(const QString& words); ///< instead of the title; empty: none
    void setWaiting();                     ///< a picture was asked for
    void setCompact(bool compact);         ///< a smaller picture, where the room is narrow
    void setActive(bool active); ///< what is dropped or clicked in the strip comes here; does not emit
    bool active() const { return active_; }

    QSpinBox* chainBox() const { return chain_; }
    QPushButton* randomButton() const { return random_; }
    QPushButton* fileButton() const { return file_; }
    QLabel* titleLabel() const { return title_; }
    PictureGrid* thumbnail() const { return picture_; }

Q_SIGNALS:
    void activated();               ///< clicked, or it has the focus
    void chainRequested(int chain); ///< 0-based
    void randomRequested();
    void fileRequested();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void say(const QString& words, bool problem);
    void restyle();

    const QString letter_;
    bool active_ = false, compact_ = false;
    PictureGrid* picture_;
    QLabel* name_;
    QLabel* title_;
    QSpinBox* chain_;
    QPushButton* random_;
    QPushButton* file_;
};

} // namespace ddpm::ui
