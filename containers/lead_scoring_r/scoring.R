# What training and serving share: rows of numbers out of CSV, and the words for what is wrong with them.
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
