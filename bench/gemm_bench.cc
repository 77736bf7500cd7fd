// Matrix products and convolutions, ours and the peers' (OpenBLAS, BLIS, oneDNN) in one run:
//   gemm_bench [threads] [gemm|small|conv|double|all]
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
  auto wants = [&](const char* name) { return part == "all" || part == name; };
  if (part == "skinny") {
    for (int m : {2, 4, 6, 8, 12, 14, 16, 28, 32}) bench_gemm<float>(peers, m, 1024, 1024);
    bench_gemm<float>(peers, 4, 4096, 4096);
    bench_gemm<float>(peers, 16, 4096, 4096);
    bench_gemm<float>(peers, 32, 300, 784);
    bench_gemm<float>(peers, 64, 300, 784);
    bench_gemm<float>(peers, 64, 4096, 64);
    bench_gemm<float>(peers, 64, 64, 16384);
    bench_gemm<float>(peers, 64, 64, 16384, "TN");
    bench_gemm<float>(peers, 4096, 64, 64);
    bench_gemm<float>(peers, 60000, 10, 784);
  }
  if (wants("gemm")) {
    for (int n : {64, 128, 256, 512, 1024, 2048}) bench_gemm<float>(peers, n, n, n);
    for (const char* layout : {"NT", "TN", "TT"}) bench_gemm<float>(peers, 1024, 1024, 1024, layout);
    for (const char* layout : {"NN", "NT", "TN", "TT"}) bench_gemm<float>(peers, 128, 512, 512, layout);
    bench_gemm<float>(peers, 1000, 1000, 1000);
    bench_gemm<float>(peers, 60000, 10, 784);
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
  if (wants("double")) {
    for (int n : {8, 64, 256, 1024}) bench_gemm<double>(peers, n, n, n);
    bench_gemm<double>(peers, 1, 1024, 1024);
    bench_gemm<double>(peers, 128, 512, 512, "NT");
  }
}
