// Matrix products and convolutions, ours and the peers' (OpenBLAS, BLIS, oneDNN) in one run:
//   gemm_bench [threads] [gemm|small|conv|double|all|MxNxK[xTN]]
// Each figure is the best of many short bursts; on a shared machine run it under `chrt -f 10`.
#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#if __has_include(<dnnl.h>)
#include <dnnl.h>
#define RUNNEL_HAS_ONEDNN 1
#endif

#include "runnel/runtime/cpu/conv.h"
#include "runnel/runtime/cpu/gemm.h"
#include "runnel/runtime/cpu/gemm_kernel.h"
#include "runnel/runtime/cpu/isa.h"
#include "runnel/runtime/cpu/scratch.h"
#include "runnel/runtime/thread_pool.h"

namespace cpu = runnel::cpu;

namespace {

using Sgemm = void (*)(int, int, int, int, int, int, float, const float*, int, const float*, int, float, float*, int);
using Dgemm = void (*)(int, int, int, int, int, int, double, const double*, int, const double*, int, double, double*, int);
using DnnlSgemm = int (*)(char, char, int64_t, int64_t, int64_t, float, const float*, int64_t, const float*, int64_t, float,
                          float*, int64_t);

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

using Work = std::function<void()>;

// Seconds of one call of each: the best of short bursts that take turns, so that all meet the same clock and neighbours.
std::vector<double> best_times(const std::vector<Work>& works, double budget = 0.1) {
  std::vector<double> best(works.size(), 1e9);
  std::vector<int> repeats(works.size(), 1);
  double end = now() + budget * double(works.size());
  do {
    for (size_t i = 0; i < works.size(); ++i) {
      works[i]();  // warms the caches, and wakes the threads
      double begin = now();
      for (int r = 0; r < repeats[i]; ++r) works[i]();
      double time = (now() - begin) / repeats[i];
      best[i] = std::min(best[i], time);
      repeats[i] = int(std::clamp(1e-3 / std::max(time, 1e-9), 1.0, 20000.0));
    }
  } while (now() < end);
  return best;
}

struct Peer {
  std::string name;
  Sgemm sgemm = nullptr;
  Dgemm dgemm = nullptr;
  DnnlSgemm dnnl_sgemm = nullptr;
};

template <class F>
F symbol(void* library, const char* name) {
  return reinterpret_cast<F>(dlsym(library, name));
}

std::vector<Peer> open_peers(int threads) {
  std::vector<Peer> peers;
  if (void* lib = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL)) {
    if (auto set = symbol<void (*)(int)>(lib, "openblas_set_num_threads")) set(threads);
    peers.push_back({"OpenBLAS", symbol<Sgemm>(lib, "cblas_sgemm"), symbol<Dgemm>(lib, "cblas_dgemm")});
  }
  if (void* lib = dlopen("libblis.so.4", RTLD_NOW | RTLD_LOCAL)) {
    if (auto set = symbol<void (*)(int64_t)>(lib, "bli_thread_set_num_threads")) set(threads);
    peers.push_back({"BLIS", symbol<Sgemm>(lib, "cblas_sgemm"), symbol<Dgemm>(lib, "cblas_dgemm")});
  }
  if (void* lib = dlopen("libdnnl.so.2", RTLD_NOW | RTLD_LOCAL)) {
    if (void* omp = dlopen("libgomp.so.1", RTLD_NOW | RTLD_LOCAL)) symbol<void (*)(int)>(omp, "omp_set_num_threads")(threads);
    peers.push_back({"oneDNN", nullptr, nullptr, symbol<DnnlSgemm>(lib, "dnnl_sgemm")});
  }
  return peers;
}

// Numbers in memory as tensors have it.
template <class T>
struct Values : cpu::Scratch<T> {
  explicit Values(int64_t count) : cpu::Scratch<T>(count) {
    for (int64_t i = 0; i < count; ++i) (*this)[i] = T(int(i * 7 % 13) - 6) / 8;
  }
};

// Ours is the first time; the peers follow in the order of the head line.
void print_row(const std::string& label, double flops, const std::vector<double>& times) {
  double best = 1e9;
  std::printf("%-30s %10.2f us %7.1f GF |", label.c_str(), times[0] * 1e6, flops / times[0] * 1e-9);
  for (size_t i = 1; i < times.size(); ++i) {
    best = std::min(best, times[i]);
    std::printf(" %7.1f", flops / times[i] * 1e-9);
  }
  if (best < 1e9) std::printf(" | %5.2f%s", best / times[0], best / times[0] < 0.83 ? "  <<<" : "");
  std::printf("\n");
  std::fflush(stdout);
}

template <class T>
void add_peer(std::vector<Work>& works, const Peer& peer, int m, int n, int k, bool ta, bool tb, const T* a, const T* b, T* c) {
  const int lda = ta ? m : k, ldb = tb ? k : n;
  constexpr int kRowMajor = 101, kNo = 111, kYes = 112;
  const int op_a = ta ? kYes : kNo, op_b = tb ? kYes : kNo;
  if constexpr (std::is_same_v<T, float>) {
    if (auto f = peer.dnnl_sgemm) {
      works.push_back([=] { f(ta ? 'T' : 'N', tb ? 'T' : 'N', m, n, k, 1, a, lda, b, ldb, 0, c, n); });
    } else if (auto f = peer.sgemm) {
      works.push_back([=] { f(kRowMajor, op_a, op_b, m, n, k, 1, a, lda, b, ldb, 0, c, n); });
    }
  } else if (auto f = peer.dgemm) {
    works.push_back([=] { f(kRowMajor, op_a, op_b, m, n, k, 1, a, lda, b, ldb, 0, c, n); });
  }
}

template <class T>
void bench_gemm(const std::vector<Peer>& peers, int m, int n, int k, const char* layout = "NN") {
  const bool ta = layout[0] == 'T', tb = layout[1] == 'T';
  Values<T> a(int64_t(m) * k), b(int64_t(k) * n), c(int64_t(m) * n);
  cpu::Gemm<T> g{.m = m, .n = n, .k = k, .a = a.data(), .b = b.data(), .c = c.data(), .transpose_a = ta, .transpose_b = tb};
  std::vector<Work> works{[g] { cpu::gemm(g); }};
  for (const Peer& peer : peers) add_peer<T>(works, peer, m, n, k, ta, tb, a.data(), b.data(), c.data());
  char label[80];
  std::snprintf(label, sizeof label, "%s %s %dx%dx%d", sizeof(T) == 4 ? "f32" : "f64", layout, m, n, k);
  print_row(label, 2.0 * m * n * k, best_times(works));
}

void bench_batch(int batch, int m, int n, int k) {
  Values<float> a(int64_t(batch) * m * k), b(int64_t(batch) * k * n), c(int64_t(batch) * m * n);
  cpu::Gemm<float> g{.m = m, .n = n, .k = k, .a = a.data(), .b = b.data(), .c = c.data(), .batch = batch,
                     .stride_a = int64_t(m) * k, .stride_b = int64_t(k) * n, .stride_c = int64_t(m) * n};
  char label[80];
  std::snprintf(label, sizeof label, "f32 batch %d of %dx%dx%d", batch, m, n, k);
  print_row(label, 2.0 * batch * m * n * k, best_times({[g] { cpu::gemm(g); }}));
}

#ifdef RUNNEL_HAS_ONEDNN
// oneDNN's forward convolution, in the layout that it chooses for the filter (reordered beforehand) and ours for the rest.
struct DnnlConv {
  template <class F>
  static F* get(const char* name) {
    static void* library = dlopen("libdnnl.so.2", RTLD_NOW | RTLD_LOCAL);
    return library ? reinterpret_cast<F*>(dlsym(library, name)) : nullptr;
  }
#define RUNNEL_DNNL(name) get<decltype(name)>(#name)

  static Work make(const cpu::ConvShape& s, float* x, float* y) {
    if (!RUNNEL_DNNL(dnnl_engine_create)) return nullptr;
    dnnl_engine_t engine;
    RUNNEL_DNNL(dnnl_engine_create)(&engine, dnnl_cpu, 0);
    dnnl_stream_t stream;
    RUNNEL_DNNL(dnnl_stream_create)(&stream, engine, dnnl_stream_default_flags);
    dnnl_dims_t in{s.batch, s.in_channels, s.height.in, s.width.in}, out{s.batch, s.out_channels, s.height.out, s.width.out};
    dnnl_dims_t filter{s.out_channels, s.in_channels, s.height.filter, s.width.filter};
    dnnl_dims_t strides{s.height.stride, s.width.stride}, pad{s.height.pad, s.width.pad};
    auto after = [](const cpu::ConvAxis& a) { return (a.out - 1) * a.stride + a.filter - a.in - a.pad; };
    dnnl_dims_t pad_after{after(s.height), after(s.width)};
    dnnl_memory_desc_t dx, df, dy;
    auto describe = RUNNEL_DNNL(dnnl_memory_desc_init_by_tag);
    describe(&dx, 4, in, dnnl_f32, dnnl_nhwc);
    describe(&df, 4, filter, dnnl_f32, dnnl_format_tag_any);
    describe(&dy, 4, out, dnnl_f32, dnnl_nhwc);
    dnnl_convolution_desc_t conv;
    RUNNEL_DNNL(dnnl_convolution_forward_desc_init)
    (&conv, dnnl_forward_inference, dnnl_convolution_direct, &dx, &df, nullptr, &dy, strides, pad, pad_after);
    dnnl_primitive_desc_t primitive_desc;
    RUNNEL_DNNL(dnnl_primitive_desc_create)(&primitive_desc, &conv, nullptr, engine, nullptr);
    dnnl_primitive_t primitive;
    RUNNEL_DNNL(dnnl_primitive_create)(&primitive, primitive_desc);
    const dnnl_memory_desc_t* chosen = RUNNEL_DNNL(dnnl_primitive_desc_query_md)(primitive_desc, dnnl_query_weights_md, 0);
    dnnl_memory_t mx, mf, my;
    auto memory = RUNNEL_DNNL(dnnl_memory_create);
    memory(&mx, &dx, engine, x);
    memory(&mf, chosen, engine, DNNL_MEMORY_ALLOCATE);
    memory(&my, &dy, engine, y);
    auto execute = RUNNEL_DNNL(dnnl_primitive_execute);
    auto wait = RUNNEL_DNNL(dnnl_stream_wait);
    return [=] {
      dnnl_exec_arg_t arguments[] = {{DNNL_ARG_SRC, mx}, {DNNL_ARG_WEIGHTS, mf}, {DNNL_ARG_DST, my}};
      execute(primitive, stream, 3, arguments);
      wait(stream);
    };
  }
};
#endif

cpu::ConvAxis same_axis(int64_t in, int64_t filter, int64_t stride) {
  cpu::ConvAxis x{.in = in, .filter = filter, .out = (in + stride - 1) / stride, .stride = stride};
  x.pad = std::max<int64_t>(0, (x.out - 1) * stride + filter - in) / 2;
  return x;
}

void bench_conv(int64_t batch, int64_t size, int64_t in, int64_t filter, int64_t out, int64_t stride = 1, int64_t groups = 1) {
  cpu::ConvShape s{.batch = batch, .in_channels = in, .out_channels = out, .groups = groups,
                   .height = same_axis(size, filter, stride), .width = same_axis(size, filter, stride)};
  const int64_t outputs = batch * s.height.out * s.width.out;
  Values<float> x(batch * size * size * in), f(filter * filter * in / groups * out), y(outputs * out);
  const double flops = 2.0 * double(outputs * out * filter * filter * in / groups);
  char label[80];
  std::snprintf(label, sizeof label, "conv %ldx%ldx%ldx%ld %ldx%ld->%ld/%ld%s", long(batch), long(size), long(size), long(in),
                long(filter), long(filter), long(out), long(stride), groups > 1 ? " g" : "");
  std::vector<Work> works{[&] { cpu::conv(s, x.data(), f.data(), y.data()); }};
#ifdef RUNNEL_HAS_ONEDNN
  Work peer = groups == 1 ? DnnlConv::make(s, x.data(), y.data()) : nullptr;
  if (peer) works.push_back(peer);
#endif
  print_row(label, flops, best_times(works));
  print_row("  its gradient to the input", flops,
            best_times({[&] { cpu::conv_input_gradient(s, f.data(), y.data(), x.data()); }}));
  print_row("  its gradient to the filter", flops,
            best_times({[&] { cpu::conv_filter_gradient(s, x.data(), y.data(), f.data()); }}));
}

// What one core can do at best right now: a tile of its widest registers over data that stay in the first cache.
void bench_peak() {
  const auto& tiles = cpu::tile_table().f32;
  constexpr int64_t k = 256;
  const int64_t zero = 0, columns = 2 * tiles.lanes;
  Values<float> a(k * cpu::kMaxTileRows), b(k * columns), c(columns * cpu::kMaxTileRows);
  cpu::Tile<float> t{.a = a.data(), .a_row = 1, .a_step = cpu::kMaxTileRows, .b = b.data(), .b_step = columns, .c = c.data(),
                     .c_row = columns, .k = k, .segments = &zero, .segment_count = 1, .columns = int(columns)};
  print_row("tile in cache, one thread", 2.0 * double(tiles.max_rows * columns * k),
            best_times({[&] { tiles.tile[tiles.max_rows][2](t); }}));
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  const std::string part = argc > 2 ? argv[2] : "all";
  runnel::set_num_threads(threads);
  std::vector<Peer> peers = open_peers(threads);
  std::printf("%d thread(s), %s. GFLOP/s of:", threads, cpu::isa_name());
  for (const Peer& peer : peers) std::printf(" %s", peer.name.c_str());
  std::printf("; the last column is the best peer's time over ours\n");
  bench_peak();
  int m, n, k;
  char layout[3] = "NN";
  if (std::sscanf(part.c_str(), "%dx%dx%dx%2s", &m, &n, &k, layout) >= 3) return bench_gemm<float>(peers, m, n, k, layout), 0;
  auto wants = [&](const char* name) { return part == "all" || part == name; };
  if (wants("gemm")) {
    for (int n : {64, 128, 256, 512, 1024, 2048}) bench_gemm<float>(peers, n, n, n);
    for (const char* layout : {"NT", "TN", "TT"}) bench_gemm<float>(peers, 1024, 1024, 1024, layout);
    for (const char* layout : {"NN", "NT", "TN", "TT"}) bench_gemm<float>(peers, 128, 512, 512, layout);
    bench_gemm<float>(peers, 1000, 1000, 1000);
    bench_gemm<float>(peers, 60000, 10, 784);
    for (int m : {2, 4, 8, 14, 16, 28, 32, 64}) bench_gemm<float>(peers, m, 1024, 1024);
    bench_gemm<float>(peers, 32, 300, 784);
    bench_gemm<float>(peers, 784, 300, 32, "TN");
    bench_gemm<float>(peers, 4096, 64, 64);
    bench_gemm<float>(peers, 64, 4096, 64);
    bench_gemm<float>(peers, 64, 64, 16384);
    bench_gemm<float>(peers, 64, 64, 16384, "TN");
  }
  if (wants("small")) {
    for (int n : {1, 2, 4, 8, 12, 16, 24, 32, 48}) bench_gemm<float>(peers, n, n, n);
    for (const char* layout : {"NN", "NT", "TN"}) {
      bench_gemm<float>(peers, 1, 1024, 1024, layout);
      bench_gemm<float>(peers, 1024, 1, 1024, layout);
      bench_gemm<float>(peers, 32, 128, 128, layout);
      bench_gemm<float>(peers, 32, 300, 784, layout);
      bench_gemm<float>(peers, 32, 10, 300, layout);
      bench_gemm<float>(peers, 8, 1024, 1024, layout);
      bench_gemm<float>(peers, 4, 1024, 1024, layout);
      bench_gemm<float>(peers, 1024, 8, 1024, layout);
      bench_gemm<float>(peers, 1024, 4, 1024, layout);
      bench_gemm<float>(peers, 16, 4096, 4096, layout);
      bench_gemm<float>(peers, 8, 8, 8, layout);
      bench_gemm<float>(peers, 16, 16, 16, layout);
      bench_gemm<float>(peers, 32, 32, 32, layout);
    }
    bench_batch(256, 32, 32, 32);
    bench_batch(96, 128, 128, 64);
    bench_batch(1000, 8, 8, 8);
  }
  if (wants("conv")) {  // the peer is oneDNN
    bench_conv(32, 56, 64, 3, 64);
    bench_conv(32, 28, 1, 3, 32);
    bench_conv(8, 224, 3, 7, 64, 2);
    bench_conv(32, 28, 128, 3, 128);
    bench_conv(32, 14, 256, 3, 256);
    bench_conv(32, 7, 512, 3, 512);
    bench_conv(32, 56, 64, 1, 256);
    bench_conv(32, 56, 128, 3, 128, 2);
    bench_conv(32, 14, 32, 3, 64);
    bench_conv(1, 56, 64, 3, 64);
    bench_conv(8, 56, 64, 3, 64, 1, 64);
  }
  if (wants("double")) {
    for (int n : {8, 64, 256, 1024}) bench_gemm<double>(peers, n, n, n);
    bench_gemm<double>(peers, 1, 1024, 1024);
    bench_gemm<double>(peers, 128, 512, 512, "NT");
  }
}
