#include "runnel/runtime/cpu/channels.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/runtime/cpu/channel_table.h"
#include "runnel/runtime/cpu/row_table.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::cpu {

RUNNEL_ISA_TABLE(RowTable, row_table)

namespace {

constexpr int64_t kPeriod = 256;   // a parameter vector is repeated to about this length
constexpr int64_t kGrain = 16384;  // elements a task

/// The elements in bands, each the work of one call of a kernel. Where channels come last, a band is a number of periods of
/// some rows each; else it is one channel of one example, and its parameters repeat one number.
class Bands {
 public:
  explicit Bands(const ChannelLayout& l) : layout_(l), last_(l.inner == 1) {
    period_ = last_ ? l.channels * std::max<int64_t>(1, kPeriod / std::max<int64_t>(1, l.channels)) : std::min(l.inner, kPeriod);
    length_ = last_ ? std::max<int64_t>(1, kGrain / std::max<int64_t>(1, period_)) * period_ : l.inner;
    count_ = l.elements() == 0 ? 0 : last_ ? (l.elements() + length_ - 1) / length_ : l.outer * l.channels;
  }
  int64_t period() const { return period_; }
  int64_t count() const { return count_; }
  int64_t begin(int64_t band) const { return band * length_; }
  int64_t size(int64_t band) const { return std::min(length_, layout_.elements() - begin(band)); }
  bool channels_last() const { return last_; }
  int64_t channel(int64_t band) const { return band % layout_.channels; }  // where they come first

  template <class Body>
  void each(Body body) const {
    parallel_for(count_, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, length_)), [&](int64_t begin, int64_t end) {
      for (int64_t band = begin; band < end; ++band) body(band);
    });
  }
  /// The sums of all bands' places, band by band and place by place, for each channel.
  std::vector<double> totals(const std::vector<float>& sums) const {
    std::vector<double> out(size_t(layout_.channels), 0.0);
    const float* place = sums.data();
    for (int64_t band = 0; band < count_; ++band) {
      int64_t at = last_ ? 0 : channel(band);
      for (int64_t k = 0; k < period_; ++k) {
        out[size_t(at)] += double(*place++);
        if (last_ && ++at == layout_.channels) at = 0;
      }
    }
    return out;
  }
  std::vector<float> zeros() const { return std::vector<float>(size_t(count_ * period_), 0.f); }

 private:
  ChannelLayout layout_;
  bool last_;
  int64_t period_, length_, count_;
};

/// One parameter of each channel, repeated over a band's period.
class Parameter {
 public:
  Parameter(const Bands& bands, PerChannel values) : bands_(bands), values_(values) {
    if (bands.channels_last())
      while (int64_t(repeated_.size()) < bands.period()) repeated_.insert(repeated_.end(), values.begin(), values.end());
  }
  /// `buffer` is the thread's.
  const float* of(int64_t band, std::vector<float>& buffer) const {
    if (bands_.channels_last()) return repeated_.data();
    buffer.assign(size_t(bands_.period()), values_[size_t(bands_.channel(band))]);
    return buffer.data();
  }

 private:
  const Bands& bands_;
  PerChannel values_;
  std::vector<float> repeated_;
};

/// A band of a tensor as floats: in place, or converted for halves.
class Input {
 public:
  Input(DType type, const void* x) : type_(type), x_(static_cast<const char*>(x)) { RUNNEL_ASSERT(type == float32 || type.size() == 2); }
  const float* band(int64_t begin, int64_t n) {
    const char* from = x_ + begin * type_.size();
    if (type_ == float32) return reinterpret_cast<const float*>(from);
    buffer_.resize(size_t(n));
    row_table().widen[type_ == bfloat16](from, buffer_.data(), n);
    return buffer_.data();
  }

 private:
  DType type_;
  const char* x_;
  std::vector<float> buffer_;
};

/// Calls write(float*) for a band of y, and narrows what it wrote for halves.
template <class Write>
void write_band(DType type, void* y, int64_t begin, int64_t n, Write write) {
  char* to = static_cast<char*>(y) + begin * type.size();
  if (type == float32) return write(reinterpret_cast<float*>(to));
  std::vector<float> buffer(static_cast<size_t>(n));
  write(buffer.data());
  row_table().narrow[type == bfloat16](buffer.data(), to, n);
}

}  // namespace

std::vector<double> channel_sums(DType type, const ChannelLayout& layout, const void* x) {
  Bands bands(layout);
  std::vector<float> sums = bands.zeros();
  bands.each([&](int64_t b) {
    Input in(type, x);
    channel_kernels().sum(in.band(bands.begin(b), bands.size(b)), bands.size(b), bands.period(), sums.data() + b * bands.period());
  });
  return bands.totals(sums);
}

std::vector<double> channel_square_sums(DType type, const ChannelLayout& layout, const void* x, PerChannel mean) {
  Bands bands(layout);
  Parameter means(bands, mean);
  std::vector<float> sums = bands.zeros();
  bands.each([&](int64_t b) {
    Input in(type, x);
    std::vector<float> m;
    channel_kernels().square_sum(in.band(bands.begin(b), bands.size(b)), means.of(b, m), bands.size(b), bands.period(),
                                 sums.data() + b * bands.period());
  });
  return bands.totals(sums);
}

GradientSums channel_gradient_sums(DType type, const ChannelLayout& layout, const void* dy, const void* x, PerChannel mean) {
  Bands bands(layout);
  Parameter means(bands, mean);
  std::vector<float> sums = bands.zeros(), products = sums;
  bands.each([&](int64_t b) {
    Input dy_in(type, dy), x_in(type, x);
    std::vector<float> m;
    int64_t begin = bands.begin(b), n = bands.size(b), place = b * bands.period();
    channel_kernels().product_sum(dy_in.band(begin, n), x_in.band(begin, n), means.of(b, m), n, bands.period(),
                                  sums.data() + place, products.data() + place);
  });
  return {bands.totals(sums), bands.totals(products)};
}

void channel_normalize(DType type, const ChannelLayout& layout, const void* x, PerChannel mean, PerChannel factor, PerChannel offset, void* y) {
  Bands bands(layout);
  Parameter means(bands, mean), factors(bands, factor), offsets(bands, offset);
  bands.each([&](int64_t b) {
    Input in(type, x);
    std::vector<float> m, f, o;
    int64_t begin = bands.begin(b), n = bands.size(b);
    write_band(type, y, begin, n, [&](float* to) {
      channel_kernels().normalize(in.band(begin, n), means.of(b, m), factors.of(b, f), offsets.of(b, o), n, bands.period(), to);
    });
  });
}

void channel_gradient(DType type, const ChannelLayout& layout, const void* dy, const void* x, const GradientTerms& terms, void* dx) {
  Bands bands(layout);
  Parameter means(bands, terms.mean), means_dy(bands, terms.mean_dy), slopes(bands, terms.slope), factors(bands, terms.factor);
  bands.each([&](int64_t b) {
    Input dy_in(type, dy), x_in(type, x);
    std::vector<float> m, d, s, f;
    int64_t begin = bands.begin(b), n = bands.size(b);
    write_band(type, dx, begin, n, [&](float* to) {
      channel_kernels().gradient(dy_in.band(begin, n), x_in.band(begin, n), means.of(b, m), means_dy.of(b, d), slopes.of(b, s), factors.of(b, f), n,
                                 bands.period(), to);
    });
  });
}

}  // namespace runnel::inline v0::cpu
