# Rows as the warehouse gave them, and the numbers that a model sees of them.
#
# An encoding lists the model's columns in order: {"name", "kind": "number"}, or {"name", "kind": "category",
# "values": {text: number}, "other": number}. An empty field is a missing value; a text that is not listed is `other`.

read_encoding <- function(path) {
  columns <- tryCatch(jsonlite::fromJSON(path, simplifyVector = FALSE)[["columns"]], error = function(error) NULL)
  if (is.null(columns)) refuse(path, " is no encoding. Remedy: run the Spark job again.")
  columns
}

names_of <- function(encoding) vapply(encoding, `[[`, "", "name")

# Labels, and the texts of each column by its name, of a folder of CSV files: the label, then the encoding's columns.
read_rows <- function(folder, encoding) {
  rows <- do.call(rbind, lapply(files_of(folder), function(file) texts(file, told(file, folder), length(encoding) + 1)))
  labels <- rows[, 1] == "1"
  if (length(unique(labels)) < 2) refuse(basename(folder), " has one class only: every label is ", rows[1, 1])
  columns <- rows[, -1, drop = FALSE]
  colnames(columns) <- names_of(encoding)
  list(labels = labels, columns = columns)
}

# A matrix of the texts in a file, whose quoted fields may hold anything, also the end of a line.
texts <- function(file, where, width) {
  widths <- count.fields(file, sep = ",", quote = "\"", comment.char = "", blank.lines.skip = FALSE)
  widths <- widths[!is.na(widths)] # a row that goes on has its count where it ends
  wrong <- which(widths != widths[1])
  if (length(wrong)) refuse(where, ": row ", wrong[1], " has ", widths[wrong[1]], " columns, row 1 has ", widths[1])
  if (widths[1] != width) refuse(where, " has ", widths[1], " columns, its encoding ", width, " with the label")
  rows <- matrix(fields(file, character()), ncol = width, byrow = TRUE)
  wrong <- which(!rows[, 1] %in% c("0", "1"))
  if (length(wrong)) {
    refuse(where, ": row ", wrong[1], ", column 1: the label is ", dQuote(rows[wrong[1], 1], FALSE), ", not 0 or 1")
  }
  rows
}

# What a model sees of rows: a matrix; a column that the rows do not have is missing throughout.
encode <- function(rows, encoding) {
  found <- vapply(encoding, function(column) seen(rows, column), numeric(length(rows$labels)))
  matrix(found, nrow = length(rows$labels))
}

seen <- function(rows, column) {
  name <- column[["name"]]
  if (!name %in% colnames(rows$columns)) return(rep(NA_real_, length(rows$labels)))
  texts <- rows$columns[, name]
  if (column[["kind"]] == "category") {
    values <- column[["values"]]
    rates <- as.numeric(unlist(values, use.names = FALSE))[match(texts, names(values))]
    return(ifelse(is.na(texts), NA_real_, ifelse(is.na(rates), column[["other"]], rates)))
  }
  values <- suppressWarnings(as.numeric(texts))
  wrong <- which(is.na(values) & !is.na(texts))
  if (length(wrong)) {
    text <- encodeString(substr(texts[wrong[1]], 1, 40), quote = '"')
    refuse("The column ", name, " was a number for this model, and is text in the rows: ", text, ". Remedy: select the ",
           "text under another name; to the former model the number is then missing.")
  }
  values
}
