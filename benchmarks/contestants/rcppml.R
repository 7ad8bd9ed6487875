# Answers one line per command read from standard input:
#   load FOLDER sparse|dense rows columns stored threads     -> "loaded"
#   run FOLDER k iterations seed                             -> seconds; w and h as doubles in FOLDER
suppressMessages({library(RcppML); library(Matrix)})

numbers <- function(folder, name, what, count, size) {
  readBin(file.path(folder, name), what, count, size = size, endian = "little")
}

load <- function(a) {
  folder <- a[1]; rows <- as.integer(a[3]); columns <- as.integer(a[4]); stored <- as.integer(a[5])
  if (a[2] == "dense") {
    A <<- matrix(numbers(folder, "data", "double", rows * columns, 8), rows, columns)
  } else {
    A <<- new("dgCMatrix", i = numbers(folder, "indices", "integer", stored, 4),
              p = numbers(folder, "indptr", "integer", columns + 1, 4),
              x = numbers(folder, "data", "double", stored, 8), Dim = c(rows, columns))
  }
  setRcppMLthreads(as.integer(a[6]))
  "loaded"
}

run <- function(a) {
  began <- Sys.time()
  model <- nmf(A, as.integer(a[2]), tol = -1, maxit = as.integer(a[3]), verbose = FALSE, seed = as.integer(a[4]))
  seconds <- as.numeric(difftime(Sys.time(), began, units = "secs"))
  writeBin(as.vector(model$w), file.path(a[1], "w"))
  writeBin(as.vector(model$d * model$h), file.path(a[1], "h"))
  format(seconds, digits = 9)
}

input <- file("stdin", "r")
while (length(line <- readLines(input, 1)) > 0) {
  words <- strsplit(line, " ")[[1]]
  cat(get(words[1])(words[-1]), "\n", sep = "")
  flush(stdout())
}
