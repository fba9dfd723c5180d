#include "histogram.h"

static unsigned shift_of(uint64_t nanoseconds) {
  if (nanoseconds < SUB_BUCKETS) return 0;
  unsigned shift = 63u - (unsigned)__builtin_clzll(nanoseconds) - (SUB_BUCKET_BITS - 1);
  return shift > MAX_SHIFT ? MAX_SHIFT : shift;
}

void histogram_record(struct histogram *histogram, uint64_t nanoseconds) {
  unsigned shift = shift_of(nanoseconds);
  uint64_t within = nanoseconds >> shift;
  if (within >= SUB_BUCKETS) within = SUB_BUCKETS - 1;
  histogram->counts[shift * SUB_BUCKETS + within]++;
  histogram->total++;
}

double histogram_percentile(const struct histogram *histogram, double share) {
  uint64_t wanted = (uint64_t)(share * (double)histogram->total);
  uint64_t seen = 0;
  for (unsigned bucket = 0; bucket < (MAX_SHIFT + 1) * SUB_BUCKETS; bucket++) {
    seen += histogram->counts[bucket];
    if (seen <= wanted) continue;
    uint64_t start = (uint64_t)(bucket % SUB_BUCKETS) << (bucket / SUB_BUCKETS);
    return (double)start / 1000.0;
  }
  return 0;
}
