// What one paints x_t with: the tool, its size, its brightness or colour, how much of it covers.
#pragma once

#include "stages/denoise/tools/poke_edit.h"

#include <QColor>
#include <QWidget>

class QButtonGroup;
class QComboBox;
class QGridLayout;
class QLabel;
class QPushButton;
class QSlider;
class QStackedLayout;

namespace ddpm::ui {

class PokePalette : public QWidget {
    Q_OBJECT
public:
    enum class Kind { brush, eraser, renoise, restore };
    enum class View { both, state, content };

    explicit PokePalette(QWidget* parent = nullptr);

    void setChannels(int channels); ///< 1: a brightness is chosen; 3: a colour
    void setPlacing(bool placing);  ///< a picture is about to be placed: the buttons for that
    void setTool(Kind kind);
    void setBrushSize(int pixels);                      ///< 1…9
    void setValue(const std::array<float, 3>& content); ///< in [-1, 1], clamped

    Kind tool() const;
    QString toolName() const;
    int brushSize() const;
    double opacity() const; ///< 0.05…1
    PokeInk ink() const;
    View view() const;

    QPushButton* toolButton(Kind kind) const;
    QPushButton* fileButton() const { return file_; }
    QPushButton* clipboardButton() const { return clipboard_; }
    QPushButton* placeButton() const { return place_; }
    QPushButton* cancelButton() const { return cancel_; }
    QPushButton* colourButton() const { return colour_; }
    QSlider* sizeSlider() const { return size_; }
    QSlider* brightnessSlider() const { return brightness_; }
    QSlider* opacitySlider() const { return opacity_; }
    QComboBox* viewBox() const { return view_; }

Q_SIGNALS:
    void changed(); ///< of the ink or its size
    void viewChanged();
    void fileRequested();
    void clipboardRequested();
    void placeRequested();
    void cancelRequested();

protected:
    void changeEvent(QEvent* event) override;

private:
    QSlider* addSlider(const QString& name, int low, int high, int value, const QString& toolTip);
    void showNumbers();
    void chooseColour();
    void restyle();

    int channels_ = 1;
    QColor chosen_; // of colour pictures
    QButtonGroup* tools_;
    QGridLayout* grid_;
    QGridLayout* rows_;
    QPushButton* file_;
    QPushButton* clipboard_;
    QPushButton* place_;
    QPushButton* cancel_;
    QStackedLayout* paste_;
    QSlider* size_;
    QSlider* brightness_;
    QSlider* opacity_;
    QPushButton* colour_;
    QComboBox* view_;
    QList<QSlider*> sliders_;
    QList<QLabel*> words_, numbers_;
};

} // namespace ddpm::ui
