// A picture noised to t and denoised again, several times over: how much of it comes back from which depth.
#pragma once

#include "stages/denoise/tools/tool.h"

#include <QImage>
#include <QTimer>

#include <map>
#include <memory>

class QBoxLayout;
class QComboBox;
class QSlider;
class QSpinBox;
class QToolButton;

namespace ddpm::ui {

class EncodeCurve;
class EncodeResults;
class Note;
class PaneCaption;
class PictureGrid;

class EncodeTool : public Tool {
    Q_OBJECT
public:
    EncodeTool(EngineBridge& bridge, QWidget* parent);

    int last() const override;
    int available() const override;
    void showPosition(int position) override;
    QString readout(int position) const override;
    /// With the form's sampler; without a picture yet, one of the model's data.
    void open(const ChainPlace& place) override;
    std::uint64_t exportBranch() const override;
    bool openPicture(const QString& file) override;

    void randomPicture();
    void pasteFromClipboard();

    /// Mean root mean square distance of the finished results to x_0, by the t they began at; of this
    /// picture, class and sampler.
    const std::map<int, double>& depths() const { return depths_; }
    const std::vector<float>& x0() const { return x0_; }

    QSlider* depthSlider() const { return depth_; }
    QSpinBox* depthBox() const { return depthBox_; }
    QSpinBox* countBox() const { return count_; }
    QComboBox* classBox() const { return class_; }
    QSpinBox* seedBox() const { return seed_; }
    QToolButton* newNoiseButton() const { return newNoise_; }
    QPushButton* openButton() const { return open_; }
    QPushButton* pasteButton() const { return paste_; }
    QPushButton* randomButton() const { return random_; }
    PictureGrid* original() const { return original_; }
    PictureGrid* noised() const { return noised_; }
    EncodeResults* results() const { return results_; }
    EncodeCurve* curve() const { return curve_; }
    QLabel* messageLabel() const;

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    static constexpr int noClass = -1;

    void build();
    QWidget* buildSource();
    QWidget* buildControls();
    void connectAll();
    void connectEngine();
    void restyle();
    void fitSource();
    void say(const QString& words, bool problem = false);
    bool canDraw() const; ///< the model draws pictures
    ItemShape shape() const;
    void chooseFile();
    void fit(FitPicture command);
    void takePicture(const PictureFitted& fitted);
    void setSource(std::vector<float> x0, const QString& title, int label);
    void takeModel();
    void showClasses(int classes);
    void forgetDepths();
    void changed(); ///< something that makes other results
    void start();
    void takeGrowth();
    void remember();
    void showDepth();
    void showResults();
    SamplingSettings settings() const;
    std::shared_ptr<const ChainRecord> record() const; ///< of the branch, once it has a state

    ChainPlace place_;
    std::vector<float> x0_;
    std::uint64_t branch_ = 0, fit_ = 0;
    bool counts_ = false; // the branch is of the picture and class that depths_ are of
    std::map<int, double> depths_;
    QTimer debounce_;
    Note* message_;
    QPushButton* open_;
    QPushButton* paste_;
    QPushButton* random_;
    PaneCaption* originalCaption_;
    PaneCaption* noisedCaption_;
    PaneCaption* resultsCaption_;
    PictureGrid* original_;
    PictureGrid* noised_;
    QWidget* source_ = nullptr;
    QWidget* controls_ = nullptr;
    QSlider* depth_;
    QSpinBox* depthBox_;
    QSpinBox* count_;
    QBoxLayout* buttons_ = nullptr;
    QWidget* classGroup_ = nullptr;
    QComboBox* class_;
    QSpinBox* seed_;
    QToolButton* newNoise_;
    EncodeResults* results_;
    EncodeCurve* curve_;
};

/// A picture of any size as values of one item in [-1, 1]: its middle, scaled to fill it, in the item's
/// colours.
std::vector<float> fittedValues(const QImage& picture, const ItemShape& shape);

} // namespace ddpm::ui
