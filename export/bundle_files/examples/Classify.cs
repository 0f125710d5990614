// From golden uint8 pixels to the label, with Microsoft.ML.OnnxRuntime (.NET 8 or newer):
//
//   dotnet new console -o classify && cp Classify.cs classify/Program.cs && cd classify
//   dotnet add package Microsoft.ML.OnnxRuntime
//   dotnet run -- BUNDLE [NUMBER]
//
// What comes before the pixels, decoding and resizing, is described in README.md; prove yours
// against golden/.
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

string Place(string name) => Path.Combine(args[0], name);
JsonElement ReadJson(string name) => JsonDocument.Parse(File.ReadAllText(Place(name))).RootElement;

var card = ReadJson("card.json");
var golden = ReadJson(Path.Combine("golden", "golden.json"));
var vector = golden.GetProperty("vectors")[(args.Length > 1 ? int.Parse(args[1]) : 1) - 1];
var height = vector.GetProperty("shape")[0].GetInt32();
var width = vector.GetProperty("shape")[1].GetInt32();
var one = File.ReadAllBytes(Place(vector.GetProperty("pixels").GetString()!)); // RGB, row by row

// Most files take any batch; of one that takes only `batch` pictures, fill it with copies.
var batch = golden.GetProperty("batch").GetInt32();
var pixels = Enumerable.Repeat(one, batch).SelectMany(picture => picture).ToArray();

NamedOnnxValue images;
if (card.GetProperty("input").GetString() == "float-nchw")
{
    var planes = new DenseTensor<float>(new[] { batch, 3, height, width });
    for (var n = 0; n < batch; n++)
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
                for (var channel = 0; channel < 3; channel++)
                    planes[n, channel, y, x] = one[(y * width + x) * 3 + channel] / 255f;
    images = NamedOnnxValue.CreateFromTensor("images", planes);
}
else
{
    var tensor = new DenseTensor<byte>(pixels, new[] { batch, height, width, 3 });
    images = NamedOnnxValue.CreateFromTensor("images", tensor);
}

using var session = new InferenceSession(Place(golden.GetProperty("model").GetString()!));
using var found = session.Run(new[] { images }, new[] { "logits", "probabilities" });
var labels = card.GetProperty("labels").EnumerateArray().Select(l => l.GetString()!).ToArray();
var logits = found.First(o => o.Name == "logits").AsTensor<float>().Take(labels.Length).ToArray();
var probabilities = found.First(o => o.Name == "probabilities").AsTensor<float>()
    .Take(labels.Length).ToArray();

var expected = vector.GetProperty("logits").EnumerateArray().Select(v => v.GetSingle());
var away = expected.Zip(logits, (a, b) => Math.Abs(a - b)).Max();
if (!(away <= vector.GetProperty("logit_tolerance").GetDouble()))
    throw new InvalidOperationException($"logits are {away} away");

IEnumerable<int> chosen = new[] { Array.IndexOf(logits, logits.Max()) };
if (card.GetProperty("task").GetString() == "multi-label")
{
    var own = card.GetProperty("thresholds");
    var thresholds = own.ValueKind == JsonValueKind.Null
        ? labels.Select(_ => 0.5).ToArray()
        : own.EnumerateArray().Select(v => v.GetDouble()).ToArray();
    chosen = Enumerable.Range(0, labels.Length).Where(i => probabilities[i] >= thresholds[i]);
}
foreach (var i in chosen) Console.WriteLine($"{labels[i]} {probabilities[i]}");
