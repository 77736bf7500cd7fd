// Matrix products, ours and the peers' (OpenBLAS, BLIS, oneDNN) in one run:
//   gemm_bench [threads] [train|gemm|small|batch|double|other|all|MxNxK[xTN]]
// Each figure is the best of many short bursts; on a shared machine run it under `chrt -f 10`.
#include "onednn.h"
#include "runnel/runtime/cpu/gemm.h"
#include "runnel/runtime/thread_pool.h"

namespace cpu = runnel::cpu;
using bench::Table;
using bench::Values;
using bench::Work;

namespace {

using Sgemm = void (*)(int, int, int, int, int, int, float, const float*, int, const float*, int, float, float*, int);
using Dgemm = void (*)(int, int, int, int, int, int, double, const double*, int, const double*, int, double, double*, int);
using DnnlSgemm = int (*)(char, char, int64_t, int64_t, int64_t, float, const float*, int64_t, const float*, int64_t, float,
                          float*, int64_t);

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
    bench::onednn::set_threads(threads);
    peers.push_back({"oneDNN", nullptr, nullptr, symbol<DnnlSgemm>(lib, "dnnl_sgemm")});
  }
  return peers;
}

struct Size {
  int m, n, k;
};

template <class T>
Work peer_work(const Peer& peer, Size s, bool ta, bool tb, const T* a, const T* b, T* c) {
  const int lda = ta ? s.m : s.k, ldb = tb ? s.k : s.n;
  constexpr int kRowMajor = 101, kNo = 111, kYes = 112;
  const int op_a = ta ? kYes : kNo, op_b = tb ? kYes : kNo;
  if constexpr (std::is_same_v<T, float>) {
    if (auto f = peer.dnnl_sgemm) return [=] { f(ta ? 'T' : 'N', tb ? 'T' : 'N', s.m, s.n, s.k, 1, a, lda, b, ldb, 0, c, s.n); };
    if (auto f = peer.sgemm) return [=] { f(kRowMajor, op_a, op_b, s.m, s.n, s.k, 1, a, lda, b, ldb, 0, c, s.n); };
  }
  if constexpr (std::is_same_v<T, double>) {
    if (auto f = peer.dgemm) return [=] { f(kRowMajor, op_a, op_b, s.m, s.n, s.k, 1, a, lda, b, ldb, 0, c, s.n); };
  }
  return nullptr;
}

template <class T>
struct Bench {
  Table& table;
  const std::vector<Peer>& peers;
  const char* type;

  // `layout` says which of A and B are stored transposed.
  void operator()(Size s, const char* layout = "NN") const {
    const bool ta = layout[0] == 'T', tb = layout[1] == 'T';
    Values<T> a(int64_t(s.m) * s.k), b(int64_t(s.k) * s.n), c(int64_t(s.m) * s.n);
    cpu::Gemm<T> g{.m = s.m, .n = s.n, .k = s.k, .a = a.data(), .b = b.data(), .c = c.data(), .transpose_a = ta, .transpose_b = tb};
    std::vector<Work> works{[g] { cpu::gemm(g); }};
    for (const Peer& peer : peers) works.push_back(peer_work<T>(peer, s, ta, tb, a.data(), b.data(), c.data()));
    char label[80];
    std::snprintf(label, sizeof label, "%s %s %dx%dx%d", type, layout, s.m, s.n, s.k);
    table.row(label, 2.0 * s.m * s.n * s.k, works, sizeof(T) == 8 ? 2 : 1);
  }
};

// The peers of BLAS's interface take a batch one by one, oneDNN as one primitive.
void bench_batch(Table& table, const std::vector<Peer>& peers, int batch, Size s, bool tb = false) {
  const int64_t size_a = int64_t(s.m) * s.k, size_b = int64_t(s.k) * s.n, size_c = int64_t(s.m) * s.n;
  Values<float> a(batch * size_a), b(batch * size_b), c(batch * size_c);
  cpu::Gemm<float> g{.m = s.m, .n = s.n, .k = s.k, .a = a.data(), .b = b.data(), .c = c.data(), .transpose_b = tb,
                     .batch = batch, .stride_a = size_a, .stride_b = size_b, .stride_c = size_c};
  std::vector<Work> works{[g] { cpu::gemm(g); }};
  for (const Peer& peer : peers) {
    if (peer.dnnl_sgemm) {
      works.push_back(bench::onednn::batch_matmul(batch, s.m, s.n, s.k, tb, a.data(), b.data(), c.data()));
      continue;
    }
    std::vector<Work> each;
    for (int i = 0; i < batch; ++i)
      each.push_back(peer_work<float>(peer, s, false, tb, a.data() + i * size_a, b.data() + i * size_b, c.data() + i * size_c));
    works.push_back([each] {
      for (const Work& work : each) work();
    });
  }
  char label[80];
  std::snprintf(label, sizeof label, "f32 %s %d of %dx%dx%d", tb ? "NT" : "NN", batch, s.m, s.n, s.k);
  table.row(label, 2.0 * batch * s.m * s.n * s.k, works);
}

// The products of training steps (layers 784-300-100-10 in batches of 32; a convolutional and a recurrent network in batches of 64): forward, gradient to the weights (TN), to the input (NT).
void bench_train(const Bench<float>& bench) {
  for (Size s : {Size{32, 300, 784}, {32, 100, 300}, {32, 10, 100}, {64, 10, 1600}, {64, 256, 28}, {64, 256, 64}, {1792, 64, 64}, {1792, 128, 64}}) {
    bench(s);
    bench({s.k, s.n, s.m}, "TN");
    bench({s.m, s.k, s.n}, "NT");
  }
}

void bench_gemm(const Bench<float>& bench) {
  for (int n : {64, 128, 256, 512, 1024, 2048}) bench({n, n, n});
  for (const char* layout : {"NT", "TN", "TT"}) bench({1024, 1024, 1024}, layout);
  for (const char* layout : {"NN", "NT", "TN", "TT"}) bench({128, 512, 512}, layout);
  bench({1000, 1000, 1000});
  bench({60000, 10, 784});
  for (int m : {2, 4, 8, 14, 16, 28, 32, 64}) bench({m, 1024, 1024});
  bench({4096, 64, 64});
  bench({64, 4096, 64});
  bench({64, 64, 16384});
  bench({64, 64, 16384}, "TN");
}

void bench_small(const Bench<float>& bench) {
  for (const char* layout : {"NN", "NT", "TN"}) {
    for (int n : {1, 2, 4, 8, 12, 16, 24, 32, 48}) bench({n, n, n}, layout);
    bench({1, 1024, 1024}, layout);
    for (int n : {1, 4, 8}) bench({1024, n, 1024}, layout);
    bench({32, 128, 128}, layout);
    bench({32, 10, 300}, layout);
    for (int m : {4, 8}) bench({m, 1024, 1024}, layout);
    bench({16, 4096, 4096}, layout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  const std::string part = argc > 2 ? argv[2] : "all";
  runnel::set_num_threads(threads);
  bench::limit_peers();
  const std::vector<Peer> peers = open_peers(threads);
  std::vector<std::string> names;
  for (const Peer& peer : peers) names.push_back(peer.name);
  Table table(threads, names, part);
  const Bench<float> floats{table, peers, "f32"};
  const Bench<double> doubles{table, peers, "f64"};
  Size s;
  char layout[3] = "NN";
  if (std::sscanf(part.c_str(), "%dx%dx%dx%2s", &s.m, &s.n, &s.k, layout) >= 3) return floats(s, layout), 0;
  if (table.begins("train")) bench_train(floats);
  if (table.begins("gemm")) bench_gemm(floats);
  if (table.begins("small")) bench_small(floats);
  if (table.begins("batch")) {  // attention: scores (NT) and sums of values
    for (Size s : {Size{16, 16, 16}, {28, 28, 16}, {64, 64, 32}, {128, 128, 64}}) {
      bench_batch(table, peers, 256, {s.m, s.m, s.k}, true);
      bench_batch(table, peers, 256, {s.m, s.k, s.m});
    }
    bench_batch(table, peers, 1000, {8, 8, 8});
    bench_batch(table, peers, 256, {32, 32, 32});
  }
  if (table.begins("double")) {
    for (int n : {8, 64, 256, 1024}) doubles({n, n, n});
    doubles({1, 1024, 1024});
    doubles({128, 512, 512}, "NT");
    doubles({32, 300, 784});
  }
  if (table.begins("other")) {
    for (int n : {32, 256}) {
      Bench<runnel::half_t>{table, {}, "f16"}({n, n, n});
      Bench<runnel::bfloat16_t>{table, {}, "bf16"}({n, n, n});
      Bench<int32_t>{table, {}, "i32"}({n, n, n});
      Bench<int8_t>{table, {}, "i8"}({n, n, n});
      Bench<int32_t>{table, {}, "i32"}({n, n, n}, "NT");
      Bench<std::complex<float>>{table, {}, "c64"}({n, n, n});
    }
  }
}
