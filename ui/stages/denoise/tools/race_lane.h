// One lane of a race: how it samples, what it has reached, and how far that is from the reference.
#pragma once

#include "ddpm/chain_state.h"
#include "ddpm/event.h"
#include "views/tone.h"

#include <QFrame>

#include <memory>

class QComboBox;
class QDoubleSpinBox;
class QGridLayout;
class QLabel;
class QProgressBar;
class QSpinBox;
class QStackedLayout;
class QStackedWidget;
class QToolButton;

namespace ddpm::ui {

class PictureGrid;
class PointCloudView;

class RaceLane : public QFrame {
    Q_OBJECT
public:
    explicit RaceLane(const ModelChanged& model, QWidget* parent = nullptr);

    void setNumber(int number); ///< from 1: its name and its colour
    int number() const { return number_; }
    static Tone toneOf(int number);
    static bool dashedOf(int number);

    /// Sampler, steps, η and variance of these; the rest is the race's.
    void setChoice(const SamplingSettings& settings);
    SamplingSettings choice(const SamplingSettings& race) const;
    QString words() const; ///< "DDIM, 50 steps"

    static int leastPictureHeight();
    void setRemovable(bool removable);
    void setSelected(bool selected); ///< export takes this one; does not emit
    bool selected() const { return selected_; }
    void setSelectedChain(int chain); ///< does not emit

    void showNothing(const QString& words, int chains);
    void showState(const std::shared_ptr<const ChainState>& state, ChainPart part);
    /// `words`: "t = 420", or what went wrong.
    /// `atMost`: it may turn out to be fewer than planned.
    void showProgress(int evaluations, int planned, const QString& words, bool warning, bool atMost);

    QComboBox* samplerBox() const { return sampler_; }
    QSpinBox* stepsBox() const { return steps_; }
    QDoubleSpinBox* etaBox() const { return eta_; }
    QComboBox* varianceBox() const { return variance_; }
    QToolButton* removeButton() const { return remove_; }
    QProgressBar* progressBar() const { return progress_; }
    QLabel* evaluationsLabel() const { return evaluations_; }
    QLabel* wordsLabel() const { return words_; }
    PictureGrid* grid() const { return grid_; }
    PointCloudView* cloud() const { return cloud_; }

Q_SIGNALS:
    void edited();
    void removeRequested();
    void chosen(); ///< the user clicked into it
    void chainSelected(int chain);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void build();
    void arrange();
    void shorten(int room); ///< the fields in as many rows as they need
    int rowsFor(int room) const;
    void takeSampler();
    void nameAll();
    void writeEvaluations();
    void restyle();

    const int timesteps_;
    const bool points_;
    const QSize picture_;
    int number_ = 1;
    bool selected_ = false;
    bool atMost_ = false;
    int done_ = 0, planned_ = 0;
    std::shared_ptr<const ChainState> shown_;
    ChainPart part_ = ChainPart::x;

    int rows_ = 0; ///< of fields: 2…4
    QGridLayout* fields_ = nullptr;
    QLabel* title_;
    QComboBox* sampler_;
    QToolButton* remove_;
    QSpinBox* steps_;
    QStackedWidget* noise_; ///< η, variance, or that there is none
    QDoubleSpinBox* eta_;
    QComboBox* variance_;
    QStackedLayout* views_ = nullptr;
    PictureGrid* grid_;
    PointCloudView* cloud_;
    QLabel* evaluations_;
    QProgressBar* progress_;
    QLabel* words_;
};

} // namespace ddpm::ui
