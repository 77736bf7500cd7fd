#include <runnel/runnel.h>

#include <cstdio>

namespace tf = runnel;

int main() {
  auto [train, test] = tf::keras::datasets::california_housing::load_data({.version = "small"});
  std::printf("%s %s\n", tf::to_text(train.x.shape()).c_str(), tf::to_text(test.y.shape()).c_str());
  try {
    tf::keras::datasets::california_housing::load_data({.version = "tiny"});
  } catch (const tf::ValueError& error) {  // an exception's type crosses the library's border
    std::printf("%s\n", error.what());
  }
  return 0;
}
