#include "stages/denoise/export_chain_dialog.h"

#include "theme/theme.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

constexpr int longestSide = 8192; // pixels of a film's frame

const QStringList& endings() {
    static const QStringList all{QStringLiteral(".mp4"), QStringLiteral(".gif"), QStringLiteral(".apng"),
                                 QString(), QStringLiteral(".png")};
    return all;
}

} // namespace

ExportChainDialog::ExportChainDialog(int states, int chains, int selected, QSize picture, QWidget* parent)
    : QDialog(parent), states_(states), chains_(std::max(1, chains)), picture_(picture),
      form_(new QFormLayout), format_(new QComboBox), part_(new QComboBox), which_(new QComboBox),
      seconds_(new QDoubleSpinBox), count_(new QSpinBox), scale_(new QSpinBox), file_(new QLineEdit),
      size_(new QLabel), problem_(new QLabel) {
    setWindowTitle(tr("Export chain"));
    setObjectName(QStringLiteral("exportChainDialog"));
    format_->setObjectName(QStringLiteral("format"));
    format_->addItems({tr("Film, MP4 (H.264)"), tr("Film, GIF"), tr("Film, animated PNG (exact)"),
                       tr("Numbered PNGs in a folder"), tr("Strip of states, PNG")});
    part_->setObjectName(QStringLiteral("part"));
    part_->addItem(tr("xₜ, what the chain holds"), static_cast<int>(ExportChain::Part::x));
    part_->addItem(tr("x̂₀, what the net believes"), static_cast<int>(ExportChain::Part::x0_hat));
    part_->addItem(tr("ε, the noise the net sees"), static_cast<int>(ExportChain::Part::epsilon));
    which_->setObjectName(QStringLiteral("which"));
    which_->addItem(tr("all %1").arg(chains), -1);
    which_->addItem(tr("chain %1 alone").arg(selected + 1), selected);
    seconds_->setObjectName(QStringLiteral("seconds"));
    seconds_->setRange(0.2, 600);
    seconds_->setDecimals(1);
    seconds_->setValue(8);
    seconds_->setSuffix(tr(" s"));
    count_->setObjectName(QStringLiteral("states"));
    count_->setRange(2, 64);
    count_->setValue(11);
    scale_->setObjectName(QStringLiteral("scale"));
    scale_->setRange(1, 32);
    scale_->setValue(4);
    scale_->setSuffix(QStringLiteral("×"));
    file_->setObjectName(QStringLiteral("file"));
    file_->setMinimumWidth(theme::space(70));
    auto* choose = new QToolButton;
    choose->setIcon(theme::icon(QStringLiteral("folder")));
    choose->setToolTip(tr("Choose a file"));
    choose->setAccessibleName(choose->toolTip());
    size_->setProperty("role", "caption");
    problem_->setProperty("role", "problem");
    problem_->setWordWrap(true);

    form_->setHorizontalSpacing(theme::space(5));
    form_->setVerticalSpacing(theme::space(2));
    form_->addRow(tr("Format"), format_);
    form_->addRow(tr("Picture"), part_);
    form_->addRow(tr("Chains"), which_);
    form_->addRow(tr("Length"), seconds_);
    form_->addRow(tr("States"), count_);
    form_->addRow(tr("Scale"), scale_);
    auto* fileRow = new QHBoxLayout;
    fileRow->addWidget(file_);
    fileRow->addWidget(choose);
    form_->addRow(tr("File"), fileRow);
    form_->addRow(QString(), size_);

    buttons_ = new QDialogButtonBox(QDialogButtonBox::Cancel);
    auto* save = buttons_->addButton(tr("Export"), QDialogButtonBox::AcceptRole);
    save->setProperty("role", "primary");
    save->setObjectName(QStringLiteral("accept"));
    save->setDefault(true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(theme::space(5), theme::space(5), theme::space(5), theme::space(4));
    layout->setSpacing(theme::space(3));
    layout->addLayout(form_);
    layout->addWidget(problem_);
    layout->addSpacing(theme::space(2));
    layout->addWidget(buttons_);

    connect(format_, &QComboBox::currentIndexChanged, this, &ExportChainDialog::changeFormat);
    for (QComboBox* box : {part_, which_})
        connect(box, &QComboBox::currentIndexChanged, this, &ExportChainDialog::update);
    for (QSpinBox* box : {count_, scale_})
        connect(box, &QSpinBox::valueChanged, this, &ExportChainDialog::update);
    connect(seconds_, &QDoubleSpinBox::valueChanged, this, &ExportChainDialog::update);
    connect(file_, &QLineEdit::textChanged, this, &ExportChainDialog::update);
    connect(choose, &QToolButton::clicked, this, &ExportChainDialog::browse);
    connect(buttons_, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons_, &QDialogButtonBox::rejected, this, &QDialog::reject);
    changeFormat();
}

ExportChainDialog::Format ExportChainDialog::format() const {
    return static_cast<Format>(format_->currentIndex());
}

QString ExportChainDialog::ending() const {
    return endings().value(format_->currentIndex());
}

void ExportChainDialog::suggestFile(const QString& file) {
    file_->setText(QDir::toNativeSeparators(file));
    changeFormat();
}

void ExportChainDialog::changeFormat() {
    // The name keeps what the user wrote, but for an ending of ours.
    QString name = file_->text();
    for (const QString& known : endings())
        if (!known.isEmpty() && name.endsWith(known)) name.chop(known.size());
    if (!name.isEmpty()) file_->setText(name + ending());
    const auto setRow = [this](QWidget* field, bool shown) {
        field->setVisible(shown);
        form_->labelForField(field)->setVisible(shown);
    };
    setRow(seconds_, format() <= apng);
    setRow(count_, format() == strip);
    setRow(scale_, !picture_.isEmpty()); // points are drawn at one size by the engine
    setRow(which_, !picture_.isEmpty() && chains_ > 1);
    update();
}

ExportChain ExportChainDialog::command() const {
    ExportChain command;
    command.shape = format() == numbered ? ExportChain::Shape::numbered
                    : format() == strip  ? ExportChain::Shape::strip
                                         : ExportChain::Shape::film;
    command.part = static_cast<ExportChain::Part>(part_->currentData().toInt());
    command.chain = which_->currentData().toInt();
    command.seconds = seconds_->value();
    command.states = count_->value();
    command.layout.scale = scale_->value();
    QString file = QDir::fromNativeSeparators(file_->text().trimmed());
    if (!ending().isEmpty() && !file.endsWith(ending(), Qt::CaseInsensitive)) file += ending();
    command.file = file.toStdString();
    return command;
}

void ExportChainDialog::browse() {
    auto* dialog = new QFileDialog(this, tr("Export chain"), QFileInfo(file_->text()).absolutePath());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(QFileInfo(file_->text()).fileName());
    connect(dialog, &QFileDialog::fileSelected, this, &ExportChainDialog::suggestFile);
    dialog->open();
}

void ExportChainDialog::update() {
    const ExportChain wanted = command();
    const bool alone = wanted.chain >= 0;
    const int cells = alone ? 1 : chains_;
    const int columns = format() == strip
                            ? std::min(wanted.states, states_)
                            : static_cast<int>(std::ceil(std::sqrt(static_cast<double>(cells))));
    const int rows = format() == strip ? cells : (cells + columns - 1) / columns;
    const auto side = [&](int number, int pixels) {
        return (number * (pixels + wanted.layout.padding) + wanted.layout.padding) * wanted.layout.scale;
    };
    const int width = side(columns, picture_.width()), height = side(rows, picture_.height());
    size_->setVisible(!picture_.isEmpty());
    size_->setText(tr("%1 × %2 pixels; states kept: %3").arg(width).arg(height).arg(states_));

    const QFileInfo file(QString::fromStdString(wanted.file.string()));
    const bool tooLarge = !picture_.isEmpty() && std::max(width, height) > longestSide;
    QString problem;
    bool fatal = true;
    if (file_->text().trimmed().isEmpty())
        problem = tr("Give the file a name.");
    else if (!QFileInfo(file.absolutePath()).isDir())
        problem = tr("There is no folder %1.").arg(QDir::toNativeSeparators(file.absolutePath()));
    else if (tooLarge)
        problem = tr("A picture would be larger than %1 pixels: choose a smaller scale, or one chain.")
                      .arg(longestSide);
    else if (format() == numbered && file.exists() && !(file.isDir() && QDir(file.filePath()).isEmpty()))
        problem = tr("There is something of that name: name a new folder.");
    else if (format() != numbered && file.isDir())
        problem = tr("That is a folder: give the file a name.");
    else {
        fatal = false;
        if (format() != numbered && file.exists()) problem = tr("The file exists and will be replaced.");
    }
    problem_->setText(problem);
    problem_->setVisible(!problem.isEmpty());
    buttons_->findChild<QPushButton*>(QStringLiteral("accept"))->setEnabled(!fatal);
}

} // namespace ddpm::ui
