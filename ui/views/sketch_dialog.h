// Draw a point set of one's own: the pad, the pen's tools, shapes to begin with.
#pragma once

#include <QDialog>

#include <cstddef>
#include <vector>

class QLabel;
class QPushButton;
class QToolButton;

namespace ddpm::ui {

class SketchPad;

/// Open with open() (not exec()), read sketch() when accepted.
class SketchDialog : public QDialog {
    Q_OBJECT
public:
    /// `sketch` is what is there already; at most `most` points are made of what is drawn, and the data lie
    /// around them with the standard deviation `spread`.
    SketchDialog(const std::vector<float>& sketch, std::size_t most, double spread,
                 QWidget* parent = nullptr);

    const std::vector<float>& sketch() const; ///< x0, y0, x1, y1, … in [-1, 1]
    void setAcceptText(const QString& text);  ///< of the button that takes the drawing
    /// One more button that takes the drawing, and says that it is to be trained on.
    void offerTraining();
    SketchPad* pad() const { return pad_; }

Q_SIGNALS:
    void trainingRequested(); ///< just before accepted()

private:
    void refresh();
    QToolButton* tool(const QString& name, const QString& icon, const QString& text, const QString& tip);

    std::size_t most_;
    SketchPad* pad_;
    QLabel* count_;
    QToolButton* undo_;
    QToolButton* redo_;
    QToolButton* clear_;
    QPushButton* accept_;
    QPushButton* train_ = nullptr;
};

} // namespace ddpm::ui
