// The futures of a chain as a tree: t runs from left (T, noise) to right (0, picture), forks part where they
// began.
#pragma once

#include <QWidget>

#include <vector>

namespace ddpm::ui {

/// One fork: `count` futures that share a state of their parent.
struct ForkBranch {
    int parent = -1;    ///< index of the fork whose future it began from; −1: the chain itself
    int parentItem = 0; ///< which of its futures
    int t = 0;          ///< the paper's, of the shared state
    int count = 0;      ///< futures
    int reached = 0;    ///< the paper's t of the newest state; `t` before the first
};

class ForkTree : public QWidget {
    Q_OBJECT
public:
    explicit ForkTree(QWidget* parent = nullptr);

    void setForks(int timesteps, std::vector<ForkBranch> forks);
    void setSelected(int fork, int item); ///< does not emit
    void setCursor(int t);                ///< where the transport is; −1: nowhere
    int selectedFork() const { return fork_; }
    int selectedItem() const { return item_; }

    QPointF leafEnd(int fork, int item) const; ///< where its line ends, in widget coordinates
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void futureSelected(int fork, int item);
    void futureActivated(int fork, int item); ///< Enter or a double click: fork again from it
    void removeRequested(int fork);           ///< Delete

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Leaf {
        int fork = -1, item = 0; // −1: the chain itself
    };
    void layOut();
    void layOutFutures(int parent, int item);
    int rowOf(int fork, int item) const;
    QRectF plot() const;
    double xOf(int t) const;
    double yOf(int row) const;
    int leafAt(QPointF point) const; // index into leaves_; −1: none
    void choose(int leaf);

    int timesteps_ = 1000;
    std::vector<ForkBranch> forks_;
    std::vector<Leaf> leaves_; // from top to bottom
    int fork_ = -1, item_ = 0, cursor_ = -1;
};

} // namespace ddpm::ui
