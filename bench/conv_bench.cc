// Convolutions and their two gradients, ours and oneDNN's in one run:
//   conv_bench [threads] [train|conv|depthwise|all]
// Each figure is the best of many short bursts; on a shared machine run it under `chrt -f 10`.
#include "onednn.h"
#include "runnel/runtime/thread_pool.h"

namespace cpu = runnel::cpu;
using bench::Values;
using bench::Work;
using bench::onednn::Product;

namespace {

cpu::ConvAxis same_axis(int64_t in, int64_t filter, int64_t stride) {
  cpu::ConvAxis x{.in = in, .filter = filter, .out = (in + stride - 1) / stride, .stride = stride};
  x.pad = std::max<int64_t>(0, (x.out - 1) * stride + filter - in) / 2;
  return x;
}

struct Case {
  int64_t batch, size, in, filter, out, stride = 1, groups = 1;
};

void run(bench::Table& table, const Case& c) {
  const cpu::ConvAxis axis = same_axis(c.size, c.filter, c.stride);
  const cpu::ConvShape s{.batch = c.batch, .in_channels = c.in, .out_channels = c.out, .groups = c.groups, .height = axis, .width = axis};
  const int64_t outputs = c.batch * axis.out * axis.out;
  Values<float> x(c.batch * c.size * c.size * c.in), f(c.filter * c.filter * c.in / c.groups * c.out), y(outputs * c.out);
  const double flops = 2.0 * double(outputs * c.out * c.filter * c.filter * c.in / c.groups);
  char label[80];
  std::snprintf(label, sizeof label, "%ldx%ldx%ldx%ld %ldx%ld->%ld/%ld%s", long(c.batch), long(c.size), long(c.size), long(c.in),
                long(c.filter), long(c.filter), long(c.out), long(c.stride), c.groups > 1 ? " grouped" : "");
  auto peer = [&](Product product) { return bench::onednn::conv(product, s, x.data(), y.data()); };
  table.row(label, flops, {[&] { cpu::conv(s, x.data(), f.data(), y.data()); }, peer(Product::output)});
  table.row("  gradient to the input", flops,
            {[&] { cpu::conv_input_gradient(s, f.data(), y.data(), x.data()); }, peer(Product::input_gradient)});
  table.row("  gradient to the filter", flops,
            {[&] { cpu::conv_filter_gradient(s, x.data(), y.data(), f.data()); }, peer(Product::filter_gradient)});
}

// The convolutions of training steps on images of 28 x 28 in batches of 64, then those of common image networks.
constexpr Case kTrain[] = {{64, 28, 1, 3, 32}, {64, 13, 32, 3, 64}, {64, 28, 32, 3, 32, 2}};
constexpr Case kConv[] = {{32, 56, 64, 3, 64},  {8, 224, 3, 7, 64, 2}, {32, 28, 128, 3, 128},    {32, 14, 256, 3, 256}, {32, 7, 512, 3, 512},
                          {32, 56, 64, 1, 256}, {32, 14, 256, 1, 64},  {32, 56, 128, 3, 128, 2}, {32, 14, 32, 3, 64},   {1, 56, 64, 3, 64},
                          {32, 28, 64, 3, 3},   {8, 56, 64, 3, 64, 1, 4}};
constexpr Case kDepthwise[] = {{8, 56, 64, 3, 64, 1, 64}, {8, 112, 32, 3, 32, 2, 32}, {8, 14, 512, 3, 512, 1, 512}, {32, 7, 960, 5, 960, 1, 960}};

template <size_t N>
void run_all(bench::Table& table, const char* section, const Case (&cases)[N]) {
  if (!table.begins(section)) return;
  for (const Case& c : cases) run(table, c);
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  runnel::set_num_threads(threads);
  bench::limit_peers();
  bench::onednn::set_threads(threads);
  bench::Table table(threads, {"oneDNN"}, argc > 2 ? argv[2] : "all");
  run_all(table, "train", kTrain);
  run_all(table, "conv", kConv);
  run_all(table, "depthwise", kDepthwise);
}
