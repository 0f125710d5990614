// From golden uint8 pixels to the label, with onnxruntime's C++ API (1.12 or newer).
//
//   g++ -std=c++17 classify.cpp -I ONNXRUNTIME/include -L ONNXRUNTIME/lib -lonnxruntime -o classify
//   ./classify BUNDLE MODEL.onnx HEIGHT WIDTH [NUMBER]
//
// HEIGHT and WIDTH are the first two numbers of "shape" in golden/golden.json. What comes before
// the pixels, decoding and resizing, is described in README.md; prove yours against golden/.
#include <onnxruntime_cxx_api.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace fs = std::filesystem;

static std::vector<std::string> read_lines(const fs::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

static std::vector<uint8_t> read_pixels(const fs::path& path, size_t count) {
  std::ifstream file(path, std::ios::binary);
  std::vector<uint8_t> pixels((std::istreambuf_iterator<char>(file)), {});
  if (pixels.size() != count) throw std::runtime_error(path.string() + " has another size");
  return pixels;
}

int main(int argc, char** argv) try {
  if (argc < 5) throw std::runtime_error("usage: classify BUNDLE MODEL.onnx HEIGHT WIDTH [NUMBER]");
  const fs::path bundle = argv[1];
  const int64_t height = std::stoll(argv[3]), width = std::stoll(argv[4]);
  const std::string number = argc > 5 ? argv[5] : "1";
  const auto one = read_pixels(bundle / "golden" / (number + ".rgb"), height * width * 3);

  Ort::Env env(ORT_LOGGING_LEVEL_WARNING, "classify");
  Ort::Session session(env, (bundle / argv[2]).c_str(), Ort::SessionOptions{});
  const auto type = session.GetInputTypeInfo(0);
  const auto input = type.GetTensorTypeAndShapeInfo();
  // A positive first dimension: the file takes only batches of that many. Fill it with copies.
  const int64_t batch = std::max<int64_t>(input.GetShape()[0], 1);
  std::vector<uint8_t> pixels;
  for (int64_t i = 0; i < batch; ++i) pixels.insert(pixels.end(), one.begin(), one.end());

  const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  std::vector<int64_t> shape{batch, height, width, 3};
  std::vector<float> planes;
  Ort::Value images{nullptr};
  if (input.GetElementType() == ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8) {
    images = Ort::Value::CreateTensor<uint8_t>(memory, pixels.data(), pixels.size(), shape.data(),
                                               shape.size());
  } else {  // float32 [N, 3, H, W] in 0..1
    shape = {batch, 3, height, width};
    for (int64_t i = 0; i < batch; ++i)
      for (int64_t channel = 0; channel < 3; ++channel)
        for (int64_t at = channel; at < height * width * 3; at += 3)
          planes.push_back(one[at] / 255.0f);
    images = Ort::Value::CreateTensor<float>(memory, planes.data(), planes.size(), shape.data(),
                                             shape.size());
  }

  const char* inputs[] = {"images"};
  const char* outputs[] = {"logits", "probabilities"};
  auto found = session.Run(Ort::RunOptions{nullptr}, inputs, &images, 1, outputs, 2);
  const float* logits = found[0].GetTensorData<float>();
  const float* probabilities = found[1].GetTensorData<float>();

  const auto labels = read_lines(bundle / "labels.txt");
  const auto thresholds = read_lines(bundle / "thresholds.txt");  // of multi-label models alone
  if (thresholds.empty()) {
    const auto best = std::max_element(logits, logits + labels.size()) - logits;
    std::cout << labels[best] << " " << probabilities[best] << "\n";
  }
  for (size_t i = 0; i < thresholds.size(); ++i)
    if (probabilities[i] >= std::stod(thresholds[i]))
      std::cout << labels[i] << " " << probabilities[i] << "\n";
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
