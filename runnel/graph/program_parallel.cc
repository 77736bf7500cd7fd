// Running independent steps of a program at the same time: each step counts down what waits for it, and whoever makes
// several long chains ready hands them to the pool.
#include <atomic>

#include "runnel/base/error.h"
#include "runnel/graph/program.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

class ParallelRun {
 public:
  ParallelRun(const Program& program, std::vector<Tensor>& slots)
      : program_(program), schedule_(*program.schedule_), slots_(slots), waiting_(program.steps_.size()), uses_(slots.size()) {
    for (size_t i = 0; i < waiting_.size(); ++i) waiting_[i] = schedule_.predecessors[i];
    for (size_t i = 0; i < uses_.size(); ++i) uses_[i] = program.slot_uses_[i];
  }

  void run() {
    std::vector<int> ready;
    for (int i = 0; i < int(waiting_.size()); ++i)
      if (schedule_.predecessors[size_t(i)] == 0) ready.push_back(i);
    run_all(std::move(ready));
  }

 private:
  // Runs these steps and what becomes ready by them.
  void run_all(std::vector<int> ready) {
    while (!ready.empty()) {
      std::vector<int> chains;
      for (int step : ready)
        if (schedule_.is_long[size_t(step)]) chains.push_back(step);
      if (chains.size() >= 2) {
        std::erase_if(ready, [&](int step) { return schedule_.is_long[size_t(step)]; });
        parallel_for(int64_t(chains.size()), 1, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) run_all({chains[size_t(i)]});
        });
        continue;
      }
      int step = ready.back();
      ready.pop_back();
      run_step(program_.steps_[size_t(step)]);
      for (int next : schedule_.successors[size_t(step)])
        if (waiting_[size_t(next)].fetch_sub(1, std::memory_order_acq_rel) == 1) ready.push_back(next);
    }
  }
  void run_step(const Program::Step& step) {
    std::vector<Tensor> arguments;
    for (const Program::Operand& operand : step.inputs) arguments.push_back(take(operand));
    program_.call_kernel(step, arguments, slots_);
  }
  // The last one to take a value leaves its slot empty, so that the kernel may write over the value.
  Tensor take(const Program::Operand& operand) {
    if (operand.slot < 0) return program_.constants_[size_t(~operand.slot)];
    size_t slot = size_t(operand.slot);
    Tensor value = slots_[slot];
    if (uses_[slot].fetch_sub(1, std::memory_order_acq_rel) == 1) slots_[slot] = Tensor();
    return value;
  }

  const Program& program_;
  const Schedule& schedule_;
  std::vector<Tensor>& slots_;
  std::vector<std::atomic<int>> waiting_, uses_;
};

bool Program::runs_in_parallel() const { return schedule_ && num_threads() > 1; }

void Program::run_in_parallel(std::vector<Tensor>& slots) const { ParallelRun(*this, slots).run(); }

}  // namespace runnel::inline v0
