#include "views/export_grid_dialog.h"

#include "theme/theme.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

constexpr int largestSide = 32'768; // pixels; beyond it hardly a program opens the file

QSpinBox* spin(const QString& name, int low, int high, int value) {
    auto* box = new QSpinBox;
    box->setObjectName(name);
    box->setRange(low, high);
    box->setValue(value);
    return box;
}

} // namespace

ExportGridDialog::ExportGridDialog(int count, QSize picture, QWidget* parent)
    : QDialog(parent), count_(count), picture_(picture) {
    setWindowTitle(tr("Export grid"));
    setObjectName(QStringLiteral("exportGridDialog"));

    source_ = new QComboBox;
    source_->setObjectName(QStringLiteral("source"));
    sourceLabel_ = new QLabel(tr("Picture"));
    columns_ = spin(QStringLiteral("columns"), 0, std::max(1, count), 0);
    columns_->setSpecialValueText(tr("square"));
    scale_ = spin(QStringLiteral("scale"), 1, 32, 4);
    scale_->setSuffix(QStringLiteral("×"));
    padding_ = spin(QStringLiteral("padding"), 0, 32, 2);
    padding_->setSuffix(tr(" px"));
    file_ = new QLineEdit;
    file_->setObjectName(QStringLiteral("file"));
    file_->setMinimumWidth(theme::space(70));
    auto* choose = new QToolButton;
    choose->setIcon(theme::icon(QStringLiteral("folder")));
    choose->setToolTip(tr("Choose a file"));
    choose->setAccessibleName(choose->toolTip());
    size_ = new QLabel;
    size_->setProperty("role", "caption");
    problem_ = new QLabel;
    problem_->setProperty("role", "problem");
    problem_->setWordWrap(true);
    auto* words = new QLabel(tr("A PNG with the settings that made it stored inside."));
    words->setProperty("role", "hint");

    auto* form = new QFormLayout;
    form->setHorizontalSpacing(theme::space(5));
    form->setVerticalSpacing(theme::space(2));
    form->addRow(sourceLabel_, source_);
    form->addRow(tr("Columns"), columns_);
    form->addRow(tr("Scale"), scale_);
    form->addRow(tr("Space between"), padding_);
    auto* fileRow = new QHBoxLayout;
    fileRow->addWidget(file_);
    fileRow->addWidget(choose);
    form->addRow(tr("File"), fileRow);
    form->addRow(QString(), size_);
    if (picture.isEmpty()) { // points are drawn at one size by the engine
        for (QWidget* field : {static_cast<QWidget*>(columns_), static_cast<QWidget*>(scale_),
                               static_cast<QWidget*>(padding_)}) {
            form->labelForField(field)->hide();
            field->hide();
        }
    }

    buttons_ = new QDialogButtonBox(QDialogButtonBox::Cancel);
    auto* save = buttons_->addButton(tr("Export"), QDialogButtonBox::AcceptRole);
    save->setProperty("role", "primary");
    save->setObjectName(QStringLiteral("accept"));
    save->setDefault(true);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(theme::space(5), theme::space(5), theme::space(5), theme::space(4));
    layout->setSpacing(theme::space(3));
    layout->addLayout(form);
    layout->addWidget(problem_);
    layout->addWidget(words);
    layout->addSpacing(theme::space(2));
    layout->addWidget(buttons_);

    sourceLabel_->hide();
    source_->hide();
    for (QSpinBox* box : {columns_, scale_, padding_})
        connect(box, &QSpinBox::valueChanged, this, &ExportGridDialog::update);
    connect(file_, &QLineEdit::textChanged, this, &ExportGridDialog::update);
    connect(choose, &QToolButton::clicked, this, &ExportGridDialog::browse);
    connect(buttons_, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons_, &QDialogButtonBox::rejected, this, &QDialog::reject);
    update();
}

void ExportGridDialog::addSource(ExportGrid::Source source, const QString& name) {
    source_->addItem(name, static_cast<int>(source));
    const bool several = source_->count() > 1;
    source_->setVisible(several);
    sourceLabel_->setVisible(several);
}

void ExportGridDialog::suggestFile(const QString& file) {
    file_->setText(QDir::toNativeSeparators(file));
}

ExportGrid ExportGridDialog::command(int state) const {
    ExportGrid command;
    command.source = static_cast<ExportGrid::Source>(source_->currentData().toInt());
    command.state = state;
    command.layout = {columns_->value(), scale_->value(), padding_->value()};
    QString file = QDir::fromNativeSeparators(file_->text().trimmed());
    if (!file.endsWith(QLatin1String(".png"), Qt::CaseInsensitive)) file += QStringLiteral(".png");
    command.file = file.toStdString();
    return command;
}

void ExportGridDialog::browse() {
    auto* dialog = new QFileDialog(this, tr("Export grid"), QFileInfo(file_->text()).absolutePath(),
                                   tr("PNG picture (*.png)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("png"));
    dialog->selectFile(QFileInfo(file_->text()).fileName());
    connect(dialog, &QFileDialog::fileSelected, this, &ExportGridDialog::suggestFile);
    dialog->open();
}

int ExportGridDialog::columns() const {
    if (columns_->value() > 0) return columns_->value();
    return std::max(1, static_cast<int>(std::ceil(std::sqrt(static_cast<double>(count_)))));
}

void ExportGridDialog::update() {
    const int across = columns(), down = (count_ + across - 1) / across;
    const auto side = [this](int cells, int pixels) {
        return (cells * pixels + (cells - 1) * padding_->value()) * scale_->value();
    };
    const int width = side(across, picture_.width()), height = side(down, picture_.height());
    size_->setVisible(!picture_.isEmpty());
    size_->setText(tr("%1 × %2 pictures, %3 × %4 pixels").arg(across).arg(down).arg(width).arg(height));

    const QFileInfo file(file_->text().trimmed());
    const bool tooLarge = std::max(width, height) > largestSide;
    QString problem;
    if (file_->text().trimmed().isEmpty() || file.isDir())
        problem = tr("Give the file a name.");
    else if (!QFileInfo(file.absolutePath()).isDir())
        problem = tr("There is no folder %1.").arg(QDir::toNativeSeparators(file.absolutePath()));
    else if (tooLarge)
        problem = tr("The picture would be larger than %1 pixels: choose a smaller scale.")
                      .arg(QLocale().toString(largestSide));
    else if (file.exists())
        problem = tr("The file exists and will be replaced.");
    const bool fatal = !problem.isEmpty() && (tooLarge || !file.isFile());
    problem_->setText(problem);
    problem_->setVisible(!problem.isEmpty());
    buttons_->findChild<QPushButton*>(QStringLiteral("accept"))->setEnabled(!fatal);
}

} // namespace ddpm::ui
