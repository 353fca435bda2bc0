/** A loss of another library, or several under one entry. */
export interface PeerLoss {
  /** Its names. */
  readonly names: readonly string[];
  /** The function of ours that computes it, if there is one. */
  readonly ours?: string;
  /** What to write instead, or how ours differs. It may name functions of ours as code. */
  readonly note?: string;
  /** Its options: the name of ours that does the same, or a sentence. */
  readonly options?: Readonly<Record<string, string>>;
}

/** A library whose losses are compared with ours. */
export interface Peer {
  readonly library: string;
  /** The place of its losses, with the version that was read. */
  readonly module: string;
  /** The options that most of its losses have. */
  readonly common: Readonly<Record<string, string>>;
  readonly losses: readonly PeerLoss[];
}

const torch: Peer = {
  library: "PyTorch",
  module: "`torch.nn` and `torch.nn.functional`, 2.13",
  common: {
    reduction: "`reduction`, with the same words",
    "size_average, reduce": "deprecated in PyTorch; write `reduction`",
  },
  losses: [
    {
      names: ["cross_entropy", "CrossEntropyLoss"],
      ours: "crossEntropy",
      note: "The classes are on the last axis; `[N, C, d1]` needs `axis: 1`.",
      options: { weight: "weight", ignore_index: "ignoreIndex", label_smoothing: "labelSmoothing" },
    },
    {
      names: ["nll_loss", "NLLLoss", "NLLLoss2d"],
      ours: "nllLoss",
      options: { weight: "weight", ignore_index: "ignoreIndex" },
    },
    {
      names: ["kl_div", "KLDivLoss"],
      ours: "klDiv",
      options: { log_target: "logTarget" },
    },
    {
      names: ["binary_cross_entropy", "BCELoss"],
      ours: "binaryCrossEntropy",
      options: { weight: "weight" },
    },
    {
      names: ["binary_cross_entropy_with_logits", "BCEWithLogitsLoss"],
      ours: "binaryCrossEntropyWithLogits",
      options: { weight: "weight", pos_weight: "posWeight" },
    },
    {
      names: ["mse_loss", "MSELoss"],
      ours: "mseLoss",
      options: { weight: "weight" },
    },
    { names: ["l1_loss", "L1Loss"], ours: "l1Loss", options: { weight: "weight" } },
    { names: ["smooth_l1_loss", "SmoothL1Loss"], ours: "smoothL1Loss", options: { beta: "beta" } },
    {
      names: ["huber_loss", "HuberLoss"],
      ours: "huberLoss",
      options: { delta: "delta", weight: "weight" },
    },
    {
      names: ["poisson_nll_loss", "PoissonNLLLoss"],
      ours: "poissonNllLoss",
      options: { log_input: "logInput", full: "full", eps: "eps" },
    },
    {
      names: ["gaussian_nll_loss", "GaussianNLLLoss"],
      ours: "gaussianNllLoss",
      options: { full: "full", eps: "eps" },
    },
    { names: ["soft_margin_loss", "SoftMarginLoss"], ours: "softMarginLoss" },
    {
      names: ["hinge_embedding_loss", "HingeEmbeddingLoss"],
      ours: "hingeEmbeddingLoss",
      options: { margin: "margin" },
    },
    {
      names: ["margin_ranking_loss", "MarginRankingLoss"],
      ours: "marginRankingLoss",
      options: { margin: "margin" },
    },
    {
      names: ["multi_margin_loss", "MultiMarginLoss"],
      ours: "multiMarginLoss",
      options: { p: "p", margin: "margin", weight: "weight" },
    },
    { names: ["multilabel_margin_loss", "MultiLabelMarginLoss"], ours: "multilabelMarginLoss" },
    {
      names: ["multilabel_soft_margin_loss", "MultiLabelSoftMarginLoss"],
      ours: "multilabelSoftMarginLoss",
      options: { weight: "weight" },
    },
    {
      names: ["cosine_embedding_loss", "CosineEmbeddingLoss"],
      ours: "cosineEmbeddingLoss",
      options: { margin: "margin" },
    },
    {
      names: ["triplet_margin_loss", "TripletMarginLoss"],
      ours: "tripletMarginLoss",
      options: { margin: "margin", p: "p", eps: "eps", swap: "swap" },
    },
    {
      names: ["triplet_margin_with_distance_loss", "TripletMarginWithDistanceLoss"],
      ours: "tripletMarginWithDistanceLoss",
      options: {
        distance_function: "`distance`, an object with the distance and its gradient",
        margin: "margin",
        swap: "swap",
      },
    },
    {
      names: ["ctc_loss", "CTCLoss"],
      ours: "ctcLoss",
      options: { blank: "blank", zero_infinity: "zeroInfinity" },
    },
    {
      names: ["linear_cross_entropy", "LinearCrossEntropyLoss"],
      note: "It contains a linear layer. Call `linearCrossEntropy` of `@surprisal/language` with that layer's weight matrix, of shape [V, D].",
      options: {
        "in_features, out_features, num_classes, bias, device, dtype": "They belong to the layer.",
        weight: "`weight` in the options",
        ignore_index: "`ignoreIndex`",
        label_smoothing: "`labelSmoothing`",
        options: "None: they choose an implementation.",
      },
    },
    {
      names: ["AdaptiveLogSoftmaxWithLoss"],
      note: "It contains layers for frequent and rare classes. For one of these groups, call `crossEntropy`, or `logSoftmax` and then `nllLoss`.",
      options: {
        "in_features, n_classes, cutoffs, div_value, head_bias, device, dtype":
          "They belong to the layers.",
      },
    },
  ],
};

const optax: Peer = {
  library: "optax",
  module: "`optax.losses`, 0.2.8",
  common: {
    axis: "`axis`, for losses along an axis",
    where:
      "`sampleWeight`, a mask of the losses; for single classes, logits of −∞ and `skipMasked`",
    "no reduction": 'optax returns each loss: write `reduction: "none"`',
  },
  losses: [
    { names: ["softmax_cross_entropy"], ours: "crossEntropy" },
    { names: ["softmax_cross_entropy_with_integer_labels"], ours: "crossEntropy" },
    {
      names: ["safe_softmax_cross_entropy"],
      ours: "crossEntropy",
      note: "A class of probability 0 contributes nothing, even if its logit is −∞.",
    },
    { names: ["sigmoid_binary_cross_entropy"], ours: "binaryCrossEntropyWithLogits" },
    {
      names: ["sigmoid_focal_loss"],
      ours: "sigmoidFocalLoss",
      options: { alpha: "alpha", gamma: "gamma" },
    },
    { names: ["poly_loss_cross_entropy"], ours: "polyLoss", options: { epsilon: "epsilon" } },
    {
      names: ["hinge_loss"],
      note: "No loss yet. With `defineLoss`, the formula max(0, 1 − x·t) is one line; `softMarginLoss` is its smooth form.",
    },
    {
      names: ["perceptron_loss"],
      note: "No loss. With `defineLoss`, the formula max(0, −x·t) is one line.",
    },
    {
      names: ["multiclass_hinge_loss"],
      note: "No loss. `multiMarginLoss` adds the margins of all classes. This one takes the largest.",
    },
    {
      names: ["multiclass_perceptron_loss"],
      note: "No loss. `crossEntropy` is its smooth form; to come close to it, divide the logits by a small temperature, and multiply the loss by it.",
    },
    { names: ["multiclass_sparsemax_loss"], ours: "sparsemaxLoss" },
    {
      names: ["sparsemax_loss"],
      ours: "sparsemaxLoss",
      note: "It is the loss of two classes: pass the logits `[0, x]`.",
    },
    { names: ["kl_divergence"], ours: "klDiv", note: "Ours returns one loss per element." },
    {
      names: ["kl_divergence_with_log_targets"],
      ours: "klDiv",
      note: "With `logTarget: true`.",
    },
    {
      names: ["generalized_kl_divergence", "convex_kl_divergence"],
      ours: "klDiv",
      note: "These add the difference of the sums, Σ(p − t), to the divergence, and p to the gradient.",
    },
    {
      names: ["ctc_loss"],
      ours: "ctcLoss",
      note: 'Pass logits through `logSoftmax` first, with the axes [T, N, C] instead of [B, T, K]. Lengths replace the paddings. The mean divides each loss by the length of its target, and `reduction: "none"` does not.',
      options: { blank_id: "blank", log_epsilon: "None: ours computes with −∞." },
    },
    {
      names: ["ctc_loss_with_forward_probs"],
      ours: "ctcLoss",
      note: "Ours does not return the forward probabilities.",
      options: { blank_id: "blank", log_epsilon: "None: ours computes with −∞." },
    },
    {
      names: ["squared_error"],
      ours: "mseLoss",
    },
    { names: ["l2_loss"], ours: "mseLoss", note: "optax's is half of it." },
    { names: ["huber_loss"], ours: "huberLoss", options: { delta: "delta" } },
    { names: ["log_cosh"], ours: "logCoshLoss" },
    {
      names: ["cosine_distance", "cosine_similarity"],
      ours: "cosineEmbeddingLoss",
      note: "For the target 1, the loss is the cosine distance, 1 minus the similarity.",
      options: { epsilon: "None: the smallest norms are PyTorch's." },
    },
    {
      names: ["dice_loss"],
      ours: "diceLoss",
      note: "With `alpha` and `beta` it is `tverskyLoss`.",
      options: {
        class_weights: "`weight`",
        smooth: "`smooth`",
        "alpha, beta": "`alpha` and `beta` of `tverskyLoss`",
        apply_softmax: "Ours says whether the input is logits or probabilities.",
        ignore_background: "Leave the class out, or give it weight 0.",
      },
    },
    {
      names: ["binary_dice_loss"],
      ours: "diceLoss",
      options: {
        smooth: "`smooth`",
        apply_sigmoid: "Ours says whether the input is logits or probabilities.",
      },
    },
    {
      names: ["multiclass_generalized_dice_loss"],
      ours: "diceLoss",
      note: "Give each class the weight 1/(its number of pixels)².",
      options: {
        smooth: "`smooth`",
        apply_softmax: "Ours says whether the input is logits or probabilities.",
        ignore_background: "Leave the class out, or give it weight 0.",
      },
    },
    {
      names: ["ntxent"],
      ours: "infoNceLoss",
      note: "Ours takes queries and keys; row i of the keys is the positive of query i.",
      options: { temperature: "temperature" },
    },
    {
      names: ["triplet_margin_loss"],
      ours: "tripletMarginLoss",
      options: { norm_degree: "p", margin: "margin", eps: "eps" },
    },
    {
      names: ["ranking_softmax_loss"],
      ours: "crossEntropy",
      note: "Pass the labels, divided by their sum, as class probabilities.",
      options: {
        weights: "Multiply them into the probabilities.",
        reduce_fn: "`reduction`",
      },
    },
    {
      names: ["make_fenchel_young_loss"],
      note: "No loss. `crossEntropy` and `sparsemaxLoss` are the most common members of this family. `defineLoss` makes others.",
      options: { max_fun: "It is the function that the family is made from." },
    },
    {
      names: ["smooth_labels"],
      ours: "crossEntropy",
      note: "With `labelSmoothing`.",
      options: { alpha: "labelSmoothing" },
    },
  ],
};

const probabilities =
  "`from_logits: true` is ours. For probabilities, take their logarithm and call `nllLoss`.";
const focal = { alpha: "alpha", gamma: "gamma" };

const keras: Peer = {
  library: "Keras 3",
  module: "`keras.losses`, 3.15.1",
  common: {
    reduction: '`reduction`: "sum_over_batch_size" is our "mean"',
    "name, dtype": "no options of ours: a loss is a function, and computes in the input's type",
    sample_weight: "`sampleWeight`; our mean divides by the sum of the weights",
    "y_true, y_pred": "the input is first, then the target",
  },
  losses: [
    {
      names: ["SparseCategoricalCrossentropy", "sparse_categorical_crossentropy"],
      ours: "crossEntropy",
      options: { from_logits: probabilities, ignore_class: "ignoreIndex", axis: "axis" },
    },
    {
      names: ["CategoricalCrossentropy", "categorical_crossentropy"],
      ours: "crossEntropy",
      options: { from_logits: probabilities, label_smoothing: "labelSmoothing", axis: "axis" },
    },
    {
      names: ["CategoricalFocalCrossentropy", "categorical_focal_crossentropy"],
      ours: "focalLoss",
      options: {
        alpha:
          '`weight`, one number per class, with `reduction: "sum"`, divided by the number of rows: our mean divides by the weights. It is 0.25 by default.',
        gamma: "gamma",
        from_logits: "Ours takes logits.",
        label_smoothing: "labelSmoothing",
        axis: "axis",
      },
    },
    {
      names: ["CategoricalGeneralizedCrossEntropy", "categorical_generalized_cross_entropy"],
      ours: "generalizedCrossEntropy",
      note: "Ours takes logits.",
      options: { q: "q" },
    },
    {
      names: ["BinaryCrossentropy", "binary_crossentropy"],
      ours: "binaryCrossEntropyWithLogits",
      note: "For probabilities, `binaryCrossEntropy`.",
      options: {
        from_logits: "`true` is ours. For `false`, call `binaryCrossEntropy`.",
        label_smoothing: "Pass the targets t·(1 − ε) + ε/2.",
        axis: "None: the mean is over all elements.",
      },
    },
    {
      names: ["BinaryFocalCrossentropy", "binary_focal_crossentropy"],
      ours: "sigmoidFocalLoss",
      options: {
        ...focal,
        apply_class_balancing: "`alpha`: a negative one means no balancing",
        from_logits: "Ours takes logits.",
        label_smoothing: "Pass the targets t·(1 − ε) + ε/2.",
        axis: "None: the mean is over all elements.",
      },
    },
    {
      names: ["KLDivergence", "kl_divergence"],
      ours: "klDiv",
      note: "Ours takes log-probabilities.",
    },
    {
      names: ["Poisson", "poisson"],
      ours: "poissonNllLoss",
      note: "With `logInput: false`.",
    },
    {
      names: ["CTC", "ctc"],
      ours: "ctcLoss",
      note: 'Ours takes log-probabilities of the axes [T, N, C] instead of [N, T, C], and lengths. The mean divides each loss by its target\'s length; `reduction: "none"` does not.',
    },
    { names: ["MeanSquaredError", "mean_squared_error"], ours: "mseLoss" },
    { names: ["MeanAbsoluteError", "mean_absolute_error"], ours: "l1Loss" },
    {
      names: ["MeanAbsolutePercentageError", "mean_absolute_percentage_error"],
      ours: "l1Loss",
      note: "With `sampleWeight` 100/|t|. A weighted sum divided by the number of elements is Keras's mean.",
    },
    {
      names: ["MeanSquaredLogarithmicError", "mean_squared_logarithmic_error"],
      ours: "mseLoss",
      note: "Pass log(1 + x) and log(1 + t).",
    },
    { names: ["Huber", "huber"], ours: "huberLoss", options: { delta: "delta" } },
    { names: ["LogCosh", "log_cosh"], ours: "logCoshLoss" },
    {
      names: ["CosineSimilarity", "cosine_similarity"],
      ours: "cosineEmbeddingLoss",
      note: "For the target 1, the loss is 1 minus the similarity. Keras's is minus the similarity.",
      options: { axis: "axis" },
    },
    {
      names: ["Hinge", "hinge", "SquaredHinge", "squared_hinge"],
      note: "No loss yet. With `defineLoss`, the formula max(0, 1 − x·t) or its square is one line; `softMarginLoss` is its smooth form.",
    },
    {
      names: ["CategoricalHinge", "categorical_hinge"],
      note: "No loss. `multiMarginLoss` adds the margins of all classes, where this one takes the largest.",
    },
    {
      names: ["Dice", "dice"],
      ours: "diceLoss",
      options: { axis: "None: axes are those of classes, batch and image." },
    },
    {
      names: ["Tversky", "tversky"],
      ours: "tverskyLoss",
      options: {
        alpha: "alpha",
        beta: "beta",
        axis: "None: axes are those of classes, batch and image.",
      },
    },
    {
      names: ["Circle", "circle"],
      note: "No loss. `infoNceLoss` and `tripletMarginLoss` train the same kind of embeddings.",
      options: { "gamma, margin, remove_diagonal, ref_labels, ref_embeddings": "None." },
    },
  ],
};

const tensorflow: Peer = {
  library: "TensorFlow.js",
  module: "`tf.losses`, `tf.metrics` and the names of `model.compile`, 4.22",
  common: {
    weights: "`sampleWeight`",
    reduction:
      '`reduction`: SUM_BY_NONZERO_WEIGHTS divides by the number of weights that are not 0, "mean" by their sum',
    "labels, predictions": "the input is first, then the target",
  },
  losses: [
    {
      names: ["softmaxCrossEntropy"],
      ours: "crossEntropy",
      options: { labelSmoothing: "labelSmoothing" },
    },
    {
      names: ["categoricalCrossentropy"],
      ours: "crossEntropy",
      options: {
        fromLogits: "`true` is ours. For probabilities, pass their logarithm to `nllLoss`.",
      },
    },
    {
      names: ["sparseCategoricalCrossentropy"],
      ours: "crossEntropy",
      options: {
        fromLogits: "`true` is ours. For probabilities, pass their logarithm to `nllLoss`.",
      },
    },
    {
      names: ["sigmoidCrossEntropy"],
      ours: "binaryCrossEntropyWithLogits",
      options: { labelSmoothing: "Pass the targets t·(1 − ε) + ε/2." },
    },
    {
      names: ["logLoss"],
      ours: "binaryCrossEntropy",
      options: { epsilon: "None: logarithms below −100 count as −100." },
    },
    { names: ["binaryCrossentropy"], ours: "binaryCrossEntropy" },
    { names: ["meanSquaredError", "MSE", "mse"], ours: "mseLoss" },
    { names: ["absoluteDifference", "meanAbsoluteError"], ours: "l1Loss" },
    {
      names: ["meanAbsolutePercentageError", "MAPE", "mape"],
      ours: "l1Loss",
      note: "With `sampleWeight` 100/|t|.",
    },
    {
      names: ["meanSquaredLogarithmicError"],
      ours: "mseLoss",
      note: "Pass log(1 + x) and log(1 + t).",
    },
    { names: ["huberLoss"], ours: "huberLoss", options: { delta: "delta" } },
    { names: ["logcosh"], ours: "logCoshLoss" },
    { names: ["kullbackLeiblerDivergence"], ours: "klDiv", note: "Ours takes log-probabilities." },
    { names: ["poisson"], ours: "poissonNllLoss", note: "With `logInput: false`." },
    {
      names: ["cosineDistance"],
      ours: "cosineEmbeddingLoss",
      note: "For the target 1, on vectors of length 1. It does not normalise its vectors. Ours does.",
      options: { axis: "axis" },
    },
    {
      names: ["cosineProximity"],
      ours: "cosineEmbeddingLoss",
      note: "For the target 1, our loss is 1 minus the similarity. This one is minus the similarity.",
      options: { axis: "axis" },
    },
    {
      names: ["hingeLoss", "hinge", "squaredHinge"],
      note: "No loss yet. With `defineLoss`, the formula max(0, 1 − x·t) or its square is one line; `softMarginLoss` is its smooth form.",
    },
    {
      names: ["categoricalHinge"],
      note: "No loss. `multiMarginLoss` adds the margins of all classes, where this one takes the largest.",
    },
    {
      names: ["computeWeightedLoss"],
      note: "No function: every loss has `sampleWeight` and `reduction`.",
    },
    {
      names: [
        "binaryAccuracy",
        "categoricalAccuracy",
        "sparseCategoricalAccuracy",
        "precision",
        "recall",
        "r2Score",
      ],
      note: "They are measures, not losses, and have no gradient.",
    },
  ],
};

export const peers: readonly Peer[] = [torch, optax, keras, tensorflow];
