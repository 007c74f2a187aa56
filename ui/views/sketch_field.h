// The drawn point set in a form: a button that opens the dialog, and the drawing itself once there is one.
#pragma once

#include <QWidget>

#include <vector>

class QPushButton;
class QToolButton;

namespace ddpm::ui {

class SketchDialog;

class SketchField : public QWidget {
    Q_OBJECT
public:
    explicit SketchField(QWidget* parent = nullptr);

    /// What the form's data are drawn from; empty: nothing was drawn. Does not emit.
    void setSketch(const std::vector<float>& sketch);
    const std::vector<float>& sketch() const { return sketch_; }
    void setAcceptText(const QString& text); ///< of the dialog's button; empty: its own
    /// Off: only the button is shown, as while nothing was drawn (the form's data are others).
    void setPictureVisible(bool visible);
    void setTrainingOffered(bool offered) { offerTraining_ = offered; }
    /// What the dialog begins with while no sketch is set, e.g. what was drawn before.
    void setDraft(const std::vector<float>& sketch) { draft_ = sketch; }

    QPushButton* drawButton() const { return draw_; }
    QPushButton* wordsButton() const { return words_; }

public Q_SLOTS:
    void openDialog();

Q_SIGNALS:
    void drawn(const std::vector<float>& sketch);             ///< the dialog was accepted
    void trainingRequested(const std::vector<float>& sketch); ///< … by its button "Train on it", instead
    void dropped();                                           ///< words are wanted instead of the drawing

protected:
    void changeEvent(QEvent* event) override;

private:
    void present();
    void restyle();

    std::vector<float> sketch_, draft_;
    std::vector<float> unused_; ///< what the dialog held when it was cancelled
    QString acceptText_;
    bool offerTraining_ = false, pictureVisible_ = true;
    QToolButton* picture_;
    QPushButton* draw_;
    QPushButton* words_;
};

} // namespace ddpm::ui
