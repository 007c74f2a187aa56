#include "views/sketch_dialog.h"

#include "theme/theme.h"
#include "views/sketch_pad.h"
#include "views/sketch_shapes.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QPushButton>
#include <QScreen>
#include <QShortcut>
#include <QToolButton>
#include <QVBoxLayout>

namespace ddpm::ui {

SketchDialog::SketchDialog(const std::vector<float>& sketch, std::size_t most, double spread, QWidget* parent)
    : QDialog(parent), most_(most), pad_(new SketchPad) {
    setWindowTitle(tr("Draw your own points"));
    setObjectName(QStringLiteral("sketchDialog"));
    pad_->setObjectName(QStringLiteral("pad"));
    pad_->setSpread(spread);
    pad_->setSketch(sketch, most);

    auto* weight = new QComboBox;
    weight->setObjectName(QStringLiteral("weight"));
    weight->setAccessibleName(tr("Pen"));
    weight->addItem(tr("Sparse pen"), 0.5);
    weight->addItem(tr("Normal pen"), 1.0);
    weight->addItem(tr("Dense pen"), 3.0);
    weight->setCurrentIndex(1);
    weight->setToolTip(tr("How many points a stroke gets for its length: half, as usual, three times"));
    auto* eraser = tool(QStringLiteral("eraser"), QStringLiteral("eraser"), tr("Eraser"),
                        tr("Rub out (E); the right mouse button does so, too"));
    eraser->setCheckable(true);
    eraser->setProperty("role", "toggle");
    undo_ = tool(QStringLiteral("undo"), QStringLiteral("undo"), QString(), tr("Undo (Ctrl+Z)"));
    redo_ = tool(QStringLiteral("redo"), QStringLiteral("redo"), QString(), tr("Redo (Ctrl+Y)"));
    clear_ = tool(QStringLiteral("clear"), QStringLiteral("close"), tr("Clear"), tr("Begin again"));
    auto* shapes = tool(QStringLiteral("shapes"), QStringLiteral("points"), tr("Shapes"),
                        tr("Put a shape on the canvas"));
    auto* menu = new QMenu(shapes);
    for (const SketchShape& shape : sketchShapes())
        menu->addAction(shape.name, this, [this, strokes = shape.strokes] {
            auto weighted = strokes;
            for (SketchStroke& stroke : weighted)
                stroke.weight = pad_->weight();
            pad_->addShape(std::move(weighted));
            pad_->setFocus();
        });
    shapes->setMenu(menu);
    shapes->setPopupMode(QToolButton::InstantPopup);
    count_ = new QLabel;
    count_->setObjectName(QStringLiteral("count"));
    count_->setProperty("role", "caption");
    auto* hint =
        new QLabel(tr("Keys: arrows move the pen (Shift: finely), Space puts it down and lifts it."));
    hint->setProperty("role", "hint");
    hint->setWordWrap(true);

    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    accept_ = buttons->addButton(tr("Use drawing"), QDialogButtonBox::AcceptRole);
    accept_->setObjectName(QStringLiteral("accept"));
    accept_->setProperty("role", "primary");
    accept_->setDefault(true);

    auto* tools = new QHBoxLayout;
    tools->setSpacing(theme::space(2));
    tools->addWidget(weight);
    tools->addWidget(eraser);
    tools->addWidget(shapes);
    tools->addStretch(1);
    tools->addWidget(undo_);
    tools->addWidget(redo_);
    tools->addWidget(clear_);
    auto* words = new QHBoxLayout;
    words->addWidget(hint, 1);
    words->addWidget(count_);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(theme::space(5), theme::space(5), theme::space(5), theme::space(4));
    layout->setSpacing(theme::space(3));
    layout->addLayout(tools);
    layout->addWidget(pad_, 1);
    layout->addLayout(words);
    layout->addWidget(buttons);

    connect(weight, &QComboBox::currentIndexChanged, this, [this, weight] {
        pad_->setWeight(weight->currentData().toDouble());
        pad_->setErasing(false);
    });
    connect(eraser, &QToolButton::toggled, pad_, &SketchPad::setErasing);
    connect(pad_, &SketchPad::erasingChanged, eraser, &QToolButton::setChecked);
    connect(undo_, &QToolButton::clicked, pad_, &SketchPad::undo);
    connect(redo_, &QToolButton::clicked, pad_, &SketchPad::redo);
    connect(clear_, &QToolButton::clicked, pad_, &SketchPad::clear);
    connect(pad_, &SketchPad::changed, this, &SketchDialog::refresh);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    // The pad takes them itself while it has the focus; from any button they mean the same.
    connect(new QShortcut(QKeySequence::Undo, this), &QShortcut::activated, pad_, &SketchPad::undo);
    connect(new QShortcut(QKeySequence(tr("Ctrl+Y")), this), &QShortcut::activated, pad_, &SketchPad::redo);
    pad_->setFocus();
    refresh();
    // By itself a dialog begins with two thirds of the screen at most, which is little for a canvas.
    if (const QScreen* on = parent ? parent->screen() : screen())
        resize(sizeHint().boundedTo(on->availableSize() * 0.9));
}

QToolButton* SketchDialog::tool(const QString& name, const QString& icon, const QString& text,
                                const QString& tip) {
    auto* button = new QToolButton;
    button->setObjectName(name);
    button->setIcon(theme::icon(icon));
    button->setText(text);
    button->setToolButtonStyle(text.isEmpty() ? Qt::ToolButtonIconOnly : Qt::ToolButtonTextBesideIcon);
    button->setToolTip(tip);
    button->setAccessibleName(text.isEmpty() ? tip : text);
    button->setFocusPolicy(Qt::TabFocus); // a click on a tool leaves the keys with the pad
    return button;
}

const std::vector<float>& SketchDialog::sketch() const {
    return pad_->sketch();
}

void SketchDialog::setAcceptText(const QString& text) {
    accept_->setText(text);
}

void SketchDialog::offerTraining() {
    if (train_) return;
    train_ = new QPushButton(tr("Train on it"));
    train_->setObjectName(QStringLiteral("train"));
    train_->setToolTip(tr("Go to Train with this drawing and a net for points"));
    auto* buttons = findChild<QDialogButtonBox*>();
    buttons->addButton(train_, QDialogButtonBox::ActionRole);
    connect(train_, &QPushButton::clicked, this, [this] {
        Q_EMIT trainingRequested();
        accept();
    });
    refresh();
}

void SketchDialog::refresh() {
    const bool any = !pad_->isEmpty();
    undo_->setEnabled(pad_->canUndo());
    redo_->setEnabled(pad_->canRedo());
    clear_->setEnabled(any);
    accept_->setEnabled(any);
    if (train_) train_->setEnabled(any);
    count_->setText(tr("%1 of at most %2 points")
                        .arg(QLocale().toString(static_cast<qulonglong>(pad_->sketch().size() / 2)),
                             QLocale().toString(static_cast<qulonglong>(most_))));
}

} // namespace ddpm::ui
