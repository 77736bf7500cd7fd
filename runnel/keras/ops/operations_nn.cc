// The operations of Keras's module keras.src.ops.nn.
#include "runnel/keras/ops/nn.h"
#include "runnel/keras/ops/nn_activations.h"
#include "runnel/keras/ops/operation_call.h"

namespace runnel::inline v0::keras::ops {

namespace {
constexpr Operation kRows[] = {
    {"adaptive_average_pool", "AdaptiveAveragePool", "inputs* output_size data_format=\"\"", call<adaptive_average_pool>},
    {"adaptive_max_pool", "AdaptiveMaxPool", "inputs* output_size data_format=\"\"", call<adaptive_max_pool>},
    {"average_pool", "AveragePool", "inputs* pool_size strides padding=\"valid\" data_format=\"\"", call<average_pool>},
    {"max_pool", "MaxPool", "inputs* pool_size strides padding=\"valid\" data_format=\"\"", call<max_pool>},
    {"conv", "Conv", "inputs* kernel* strides=1 padding=\"valid\" data_format=\"\" dilation_rate=1", call<conv>},
    {"depthwise_conv", "DepthwiseConv", "inputs* kernel* strides=1 padding=\"valid\" data_format=\"\" dilation_rate=1", call<depthwise_conv>},
    {"separable_conv", "SeparableConv", "inputs* depthwise_kernel* pointwise_kernel* strides=1 padding=\"valid\" data_format=\"\" dilation_rate=1", call<separable_conv>},
    {"conv_transpose", "ConvTranspose", "inputs* kernel* strides=1 padding=\"valid\" output_padding data_format=\"\" dilation_rate=1", call<conv_transpose>},
    {"depth_to_space", "DepthToSpace", "x* block_size data_format=\"channels_last\"", call<depth_to_space>},
    {"space_to_depth", "SpaceToDepth", "x* block_size data_format=\"channels_last\"", call<space_to_depth>},
    {"unfold", "Unfold", "x* kernel_size dilation=[1] padding=[0] stride=[1]", call<unfold>},
    {"fold", "Fold", "x* output_size kernel_size dilation=[1] padding=[0] stride=[1]", call<fold>},
    {"batch_normalization", "BatchNorm", "x* mean* variance* axis offset* scale* epsilon=1e-3", call<batch_normalization>},
    {"layer_normalization", "LayerNorm", "x* gamma* beta* axis=-1 epsilon rms_scaling=false", call<layer_normalization>},
    {"moments", "Moments", "x* axes keepdims=false synchronized=false", call<moments>},
    {"normalize", "Normalize", "x* axis=-1 order=2 epsilon", call<normalize>},
    {"rms_normalization", "RMSNorm", "x* scale* axis=-1 epsilon", call<rms_normalization>},
    {"dot_product_attention", "DotProductAttention", "query* key* value* bias* mask* scale* is_causal=false flash_attention attn_logits_soft_cap", call<dot_product_attention>},
    {"binary_crossentropy", "BinaryCrossentropy", "target* output* from_logits=false", call<binary_crossentropy>},
    {"categorical_crossentropy", "CategoricalCrossentropy", "target* output* from_logits=false axis=-1", call<categorical_crossentropy>},
    {"sparse_categorical_crossentropy", "SparseCategoricalCrossentropy", "target* output* from_logits=false axis=-1", call<sparse_categorical_crossentropy>},
    {"ctc_loss", "CTCLoss", "target* output* target_length* output_length* mask_index=0", call<ctc_loss>},
    {"ctc_decode", "CTCDecode", "inputs* sequence_lengths* strategy=\"greedy\" beam_width=100 top_paths=1 merge_repeated=true mask_index=0", call<ctc_decode>},
    {"one_hot", "OneHot", "x* num_classes axis=-1 dtype sparse=false", call<one_hot>},
    {"multi_hot", "MultiHot", "inputs* num_classes axis=-1 dtype sparse=false", call<multi_hot>},
    {"polar", "Polar", "abs_* angle*", call<polar>},
    {"psnr", "PSNR", "x1* x2* max_val", call<psnr>},
    {"celu", "Celu", "x* alpha=1.0", call<celu>},
    {"elu", "Elu", "x* alpha=1.0", call<elu>},
    {"gelu", "Gelu", "x* approximate=true", call<gelu>},
    {"glu", "Glu", "x* axis=-1", call<glu>},
    {"hard_shrink", "HardShrink", "x* threshold=0.5", call<hard_shrink>},
    {"hard_sigmoid", "HardSigmoid", "x*", call<hard_sigmoid>},
    {"hard_silu", "HardSilu", "x*", call<hard_silu>},
    {"hard_tanh", "HardTanh", "x*", call<hard_tanh>},
    {"leaky_relu", "LeakyRelu", "x* negative_slope=0.2", call<leaky_relu>},
    {"log_sigmoid", "LogSigmoid", "x*", call<log_sigmoid>},
    {"log_softmax", "LogSoftmax", "x* axis=-1", call<log_softmax>},
    {"relu", "Relu", "x*", call<relu>},
    {"relu6", "Relu6", "x*", call<relu6>},
    {"selu", "Selu", "x*", call<selu>},
    {"sigmoid", "Sigmoid", "x*", call<sigmoid>},
    {"silu", "Silu", "x*", call<silu>},
    {"soft_shrink", "SoftShrink", "x* threshold=0.5", call<soft_shrink>},
    {"softmax", "Softmax", "x* axis=-1", call<softmax>},
    {"softplus", "Softplus", "x*", call<softplus>},
    {"softsign", "Softsign", "x*", call<softsign>},
    {"sparse_plus", "SparsePlus", "x*", call<sparse_plus>},
    {"sparse_sigmoid", "SparseSigmoid", "x*", call<sparse_sigmoid>},
    {"sparsemax", "Sparsemax", "x* axis=-1", call<sparsemax>},
    {"squareplus", "Squareplus", "x* b=4", call<squareplus>},
    {"tanh_shrink", "TanhShrink", "x*", call<tanh_shrink>},
    {"threshold", "Threshold", "x* threshold default_value", call<threshold>},
};
}  // namespace

extern const OperationTable nn_operations;
constinit const OperationTable nn_operations{"keras.src.ops.nn", kRows};

}  // namespace runnel::inline v0::keras::ops
