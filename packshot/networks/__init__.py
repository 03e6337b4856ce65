"""Layer 2: architectures, one paper a file. `TABLE` maps a name to `module:config:network`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from packshot.errors import ParameterError

if TYPE_CHECKING:
    from torch import nn

TABLE = {
    "unet": "packshot.networks.segmentation.unet:UNetConfig:UNet",
    "segnet": "packshot.networks.segmentation.segnet:SegNetConfig:SegNet",
    "nested-unet": "packshot.networks.segmentation.nested:NestedUNetConfig:NestedUNet",
    "guided-unet": "packshot.networks.segmentation.guided:GuidedUNetConfig:GuidedUNet",
    "features": "packshot.networks.features:FeatureNetConfig:FeatureNet",
    "attributes": "packshot.networks.attributes:AttributeNetConfig:AttributeNet",
    "clip": "packshot.networks.transformers.clip:ClipConfig:Clip",
    "random-filters": "packshot.networks.style.filters:RandomFiltersConfig:RandomFilters",
    "vgg-19": "packshot.networks.vgg:VGGConfig:VGG",
    "squeezenet": "packshot.networks.squeezenet:SqueezeNetConfig:SqueezeNet",
    "inception": "packshot.networks.inception:InceptionConfig:Inception",
    "dcgan-generator": "packshot.networks.gan.dcgan:DCGANGeneratorConfig:DCGANGenerator",
    "dcgan-critic": "packshot.networks.gan.dcgan:DCGANCriticConfig:DCGANCritic",
    "cgan-generator": "packshot.networks.gan.cgan:CGANGeneratorConfig:CGANGenerator",
    "cgan-critic": "packshot.networks.gan.cgan:CGANCriticConfig:CGANCritic",
    "sagan-generator": "packshot.networks.gan.sagan:SAGANGeneratorConfig:SAGANGenerator",
    "sagan-critic": "packshot.networks.gan.sagan:SAGANCriticConfig:SAGANCritic",
    "progan-generator": "packshot.networks.gan.progan:ProGANGeneratorConfig:ProGANGenerator",
    "progan-critic": "packshot.networks.gan.progan:ProGANCriticConfig:ProGANCritic",
    "stylegan2-generator": "packshot.networks.gan.stylegan2:StyleGAN2GeneratorConfig:StyleGAN2Generator",
    "stylegan2-critic": "packshot.networks.gan.stylegan2:StyleGAN2CriticConfig:StyleGAN2Critic",
    "r3gan-generator": "packshot.networks.gan.r3gan:R3GANGeneratorConfig:R3GANGenerator",
    "r3gan-critic": "packshot.networks.gan.r3gan:R3GANCriticConfig:R3GANCritic",
    "product-generator": "packshot.networks.gan.product:ProductGeneratorConfig:ProductGenerator",
    "product-critic": "packshot.networks.gan.product:ProductCriticConfig:ProductCritic",
    "unet-generator": "packshot.networks.gan.unet_gan:UNetGeneratorConfig:UNetGenerator",
    "vae": "packshot.networks.autoencoders.vae:VAEConfig:VAE",
    "vqvae": "packshot.networks.autoencoders.vqvae:VQVAEConfig:VQVAE",
    "fsq": "packshot.networks.autoencoders.fsq:FSQConfig:FSQ",
    "latent-flow": "packshot.networks.autoencoders.latent_flow:LatentFlowConfig:LatentFlow",
    "code-transformer": "packshot.networks.autoencoders.code_transformer:CodeTransformerConfig:CodeTransformer",
    "dit": "packshot.networks.transformers.dit:DiTConfig:DiT",
    "mixture": "packshot.networks.autoencoders.mixture:MixtureConfig:Mixture",
    "span": "packshot.networks.restoration.span:SPANConfig:SPAN",
    "nafnet": "packshot.networks.restoration.nafnet:NAFNetConfig:NAFNet",
    "swinir": "packshot.networks.restoration.swinir:SwinIRConfig:SwinIR",
    "curves": "packshot.networks.restoration.curves:CurvesConfig:Curves",
    "inpainter": "packshot.networks.restoration.inpainter:InpainterConfig:Inpainter",
    "restore-vae": "packshot.networks.restoration.vae:RestoreVAEConfig:RestoreVAE",
    "adain": "packshot.networks.style.adain:AdaINConfig:AdaIN",
    "fast-style": "packshot.networks.style.fast:FastStyleConfig:FastStyle",
    "style-adapter": "packshot.networks.style.fast:StyleAdapterConfig:StyleAdapter",
    "style-transformer": "packshot.networks.style.transformer:StyleTransformerConfig:StyleTransformer",
    "exemplar": "packshot.networks.style.exemplar:ExemplarConfig:Exemplar",
    "patch-discriminator": "packshot.networks.restoration.patch:PatchConfig:PatchDiscriminator",
    "unet-translator": "packshot.networks.translation.unet:UNetTranslatorConfig:UNetTranslator",
    "resnet-translator": "packshot.networks.translation.resnet:ResNetTranslatorConfig:ResNetTranslator",
    "two-way-translator": "packshot.networks.translation.resnet:TwoWayConfig:TwoWay",
    "spade": "packshot.networks.translation.spade:SpadeConfig:Spade",
    "spade-encoder": "packshot.networks.translation.spade:SpadeEncoderConfig:SpadeEncoder",
    "scale-discriminator": "packshot.networks.translation.patches:ScalesConfig:ScaleDiscriminator",
    "star-discriminator": "packshot.networks.translation.patches:StarConfig:StarDiscriminator",
    "patch-projector": "packshot.networks.translation.contrast:ProjectorConfig:Projector",
}


def find(name: str) -> tuple[type[Any], type[nn.Module]]:
    """The config class and the network class of a name. Raises ParameterError listing the known names."""
    if name not in TABLE:
        raise ParameterError(f"network {name!r}: expected one of {', '.join(TABLE)}")
    module_name, config, network = TABLE[name].split(":")
    module = import_module(module_name)
    return getattr(module, config), getattr(module, network)


def build(name: str, config: dict[str, Any] | None = None) -> nn.Module:
    """A network with fresh weights, from its name and config entries (lists, as JSON gives them, become tuples).

    Raises ParameterError on unknown entries and on entries out of their bounds.
    """
    config_class, network_class = find(name)
    entries = {key: tuple(value) if isinstance(value, list) else value for key, value in (config or {}).items()}
    try:
        made = config_class(**entries)
    except (TypeError, ParameterError) as error:
        raise ParameterError(f"config of network {name!r}: {error}") from None
    return network_class(made)
