/* Durations, counted in buckets whose width grows with the duration: no more than 1% off. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

enum { SUB_BUCKET_BITS = 7, SUB_BUCKETS = 1 << SUB_BUCKET_BITS, MAX_SHIFT = 40 };

struct histogram {
  uint64_t total;
  uint64_t counts[(MAX_SHIFT + 2) * SUB_BUCKETS];
};

void histogram_record(struct histogram *histogram, uint64_t nanoseconds);

/* The duration that `share` of all do not exceed, in microseconds. */
double histogram_percentile(const struct histogram *histogram, double share);

#endif
