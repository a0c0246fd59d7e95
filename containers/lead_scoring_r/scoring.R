# What training, serving and judging share: rows of numbers out of CSV, and the words for what is wrong with them.
#
# A row is label first (training) or features only (serving), without a header. An empty field is a missing value.

ML <- "/opt/ml"
MODEL <- file.path(ML, "model", "model.rds")

# The caller's fault: the message goes to FailureReason or into a 400 as it is.
refuse <- function(...) stop(structure(class = c("refusal", "error", "condition"), list(message = paste0(...), call = NULL)))

# A matrix of the numbers in a file. `where` names it in errors.
numbers <- function(file, where) {
  widths <- count.fields(file, sep = ",", quote = "\"", comment.char = "", blank.lines.skip = FALSE)
  wrong <- which(is.na(widths) | widths != widths[1])
  if (length(wrong)) {
    refuse(where, ": row ", wrong[1], " has ", widths[wrong[1]], " columns, row 1 has ", widths[1])
  }
  values <- tryCatch(fields(file, numeric()), error = function(error) quoted(file, widths[1], where))
  wrong <- which(is.nan(values) | is.infinite(values))
  if (length(wrong)) refuse(where, ": ", place(wrong[1], widths[1]), ": ", values[wrong[1]], " is no number")
  matrix(values, ncol = widths[1], byrow = TRUE)
}

fields <- function(file, what) {
  scan(file, what, sep = ",", quote = "\"", na.strings = "", comment.char = "", blank.lines.skip = FALSE, quiet = TRUE)
}

# scan takes no quoted numbers; text that is no number at all is named.
quoted <- function(file, width, where) {
  texts <- fields(file, character())
  values <- suppressWarnings(as.numeric(texts))
  wrong <- which(!is.na(texts) & is.na(values))
  if (length(wrong)) {
    text <- encodeString(substr(texts[wrong[1]], 1, 40), quote = '"')
    refuse(where, ": ", place(wrong[1], width), ": ", text, " is no number")
  }
  values
}

place <- function(index, width) paste0("row ", (index - 1) %/% width + 1, ", column ", (index - 1) %% width + 1)

# The features as gbm wants them; their names are their places.
features <- function(matrix) {
  frame <- as.data.frame(matrix)
  names(frame) <- paste0("f", seq_along(frame))
  frame
}

scores <- function(model, frame, trees = model$n.trees) {
  suppressWarnings(gbm::predict.gbm(model, frame, n.trees = trees, type = "response"))
}

# Label and features of a channel's files.
channel <- function(folder) {
  name <- basename(folder)
  files <- files_of(folder)
  tables <- lapply(files, function(file) numbers(file, told(file, folder)))
  widths <- vapply(tables, ncol, 1L)
  if (any(widths != widths[1])) refuse("The channel ", name, ": ", basename(files[widths != widths[1]][1]), " has ",
                                       widths[widths != widths[1]][1], " columns, ", basename(files[1]), " has ", widths[1])
  if (widths[1] < 2) refuse("The channel ", name, " has one column: the first must be the label, features follow")
  for (i in seq_along(tables)) check_labels(tables[[i]][, 1], told(files[i], folder))
  rows <- do.call(rbind, tables)
  if (length(unique(rows[, 1])) < 2) refuse("The channel ", name, " has one class only: every label is ", rows[1, 1])
  list(label = rows[, 1], features = features(rows[, -1, drop = FALSE]))
}

files_of <- function(folder) {
  files <- sort(list.files(folder, recursive = TRUE, full.names = TRUE))
  files <- files[!grepl("^[._]", basename(files)) & file.size(files) > 0]
  if (!length(files)) refuse("The channel ", basename(folder), " holds no rows")
  files
}

# A file of a channel, as the user knows it.
told <- function(file, folder) paste0(basename(folder), substring(file, nchar(folder) + 1))

check_labels <- function(labels, where) {
  wrong <- which(is.na(labels) | !labels %in% c(0, 1))
  if (length(wrong)) refuse(where, ": row ", wrong[1], ", column 1: the label is ", labels[wrong[1]], ", not 0 or 1")
}

# The area under the ROC curve. A missing score stands below all others.
auc <- function(labels, score) {
  score[is.na(score)] <- -Inf
  ones <- as.numeric(sum(labels == 1))
  zeros <- length(labels) - ones
  (sum(rank(score)[labels == 1]) - ones * (ones + 1) / 2) / (ones * zeros)
}
